import {
  type ModelEngine,
  papilioOnAdapter,
  papilioOnCpu,
  type TrainingEngine,
  trainingOnAdapter,
  trainingOnCpu,
} from "@papilio/bench/models";
import { loadOnnxRuntime } from "@papilio/bench/node";
import type { Engine, SkippedVariant } from "@papilio/bench/results";
import { type Layout, PapilioError } from "@papilio/butterfly";
import type { WeightDtype } from "@papilio/cpu-runtime/kernels";
import type { Gpu } from "@papilio/gpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";
import type { ModelTuning } from "@papilio/nn/backends";

/** What is to compute models. */
interface Wanted {
  readonly engines: readonly Engine[];
  readonly backend: "auto" | "gpu" | "cpu";
  readonly adapter: string;
  readonly dtypes: readonly WeightDtype[];
  readonly layouts: readonly Layout[];
  /** How kernels of the adapter are measured first, where they are. */
  readonly tune?: ModelTuning | undefined;
}

/** The device of an engine, their versions, and what there is not. */
interface Found extends Disposable {
  readonly gpu: Gpu | undefined;
  readonly versions: Readonly<Record<string, string>>;
  readonly skipped: readonly SkippedVariant[];
}

/** The engines, and what they need. */
interface FoundEngines extends Found {
  readonly engines: readonly ModelEngine[];
}

/** What trains, and what it needs. */
interface FoundTrainingEngines extends Found {
  readonly training: readonly TrainingEngine[];
}

/**
 * The engines that are wanted. Where nobody asked for an adapter and none is there, the CPU is compared alone.
 *
 * @throws PapilioError `F16_UNAVAILABLE`, and what `openGpu` throws for an adapter that is asked for
 */
export async function findModelEngines(wanted: Wanted): Promise<FoundEngines> {
  const { backend, dtypes, layouts, tune } = wanted;
  const engines: ModelEngine[] = [];
  const skipped: SkippedVariant[] = [];
  const versions: Record<string, string> = {};
  if (wanted.engines.includes("onnxruntime")) {
    const search = await loadOnnxRuntime();
    if ("reason" in search) skipped.push({ name: "onnxruntime", reason: search.reason });
    else {
      versions.onnxruntime = search.version;
      engines.push(
        ...search.models.filter(
          ({ processor }) => backend === "auto" || (backend === "cpu") === (processor === "cpu"),
        ),
      );
      if (backend !== "cpu" && search.lacking.includes("webgpu")) {
        const reason = `The build of onnxruntime-node ${search.version} for ${process.platform}-${process.arch} has no WebGPU provider.`;
        skipped.push({ name: "onnxruntime adapter", reason });
      }
    }
  }
  const isPapilio = wanted.engines.includes("papilio");
  if (isPapilio && backend !== "gpu") engines.push(papilioOnCpu(dtypes));
  const opened = isPapilio
    ? await openAdapter(wanted, (gpu) => {
        engines.push(papilioOnAdapter(gpu, { dtypes, layouts, tune }));
      })
    : NO_ADAPTER;
  return { engines, versions, ...opened, skipped: [...skipped, ...opened.skipped] };
}

/** What trains, where it is wanted. Throws what `openGpu` throws for an adapter that is asked for. */
export async function findTrainingEngines(
  wanted: Pick<Wanted, "backend" | "adapter">,
): Promise<FoundTrainingEngines> {
  const training: TrainingEngine[] = wanted.backend === "gpu" ? [] : [trainingOnCpu()];
  const opened = await openAdapter(wanted, (gpu) => training.push(trainingOnAdapter(gpu)));
  return { training, versions: {}, ...opened };
}

type Opened = Disposable & Pick<Found, "gpu" | "skipped">;

const NO_ADAPTER: Opened = { gpu: undefined, skipped: [], [Symbol.dispose]: () => undefined };

/** A device, unless only the CPU is wanted. Where nobody asked for an adapter and none is there, it is skipped. */
async function openAdapter(
  { backend, adapter }: Pick<Wanted, "backend" | "adapter">,
  use: (gpu: Gpu) => void,
): Promise<Opened> {
  if (backend === "cpu") return NO_ADAPTER;
  let gpu: Gpu | undefined;
  try {
    gpu = await openGpu({ adapter });
    use(gpu);
    const opened = gpu;
    return { gpu, skipped: [], [Symbol.dispose]: () => opened.dispose() };
  } catch (error) {
    const isAsked = backend === "gpu" || adapter !== "auto" || gpu !== undefined;
    gpu?.dispose();
    if (isAsked || !(error instanceof PapilioError)) throw error;
    return { ...NO_ADAPTER, skipped: [{ name: "papilio adapter", reason: error.message }] };
  }
}
