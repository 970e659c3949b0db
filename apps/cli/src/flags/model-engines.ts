import { type ModelEngine, papilioOnAdapter, papilioOnCpu } from "@papilio/bench/models";
import { loadOnnxRuntime } from "@papilio/bench/node";
import type { Engine, SkippedVariant } from "@papilio/bench/results";
import { type Layout, PapilioError } from "@papilio/butterfly";
import type { WeightDtype } from "@papilio/cpu-runtime/kernels";
import type { Gpu } from "@papilio/gpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";

/** What is to compute models. */
interface Wanted {
  readonly engines: readonly Engine[];
  readonly backend: "auto" | "gpu" | "cpu";
  readonly adapter: string;
  readonly dtypes: readonly WeightDtype[];
  readonly layouts: readonly Layout[];
}

/** The engines, the device of one of them, their versions, and what there is not. */
interface FoundEngines extends Disposable {
  readonly engines: readonly ModelEngine[];
  readonly gpu: Gpu | undefined;
  readonly versions: Readonly<Record<string, string>>;
  readonly skipped: readonly SkippedVariant[];
}

/**
 * The engines that are wanted. Where nobody asked for an adapter and none is there, the CPU is compared alone.
 *
 * @throws PapilioError `F16_UNAVAILABLE`, and what `openGpu` throws for an adapter that is asked for
 */
export async function findModelEngines(wanted: Wanted): Promise<FoundEngines> {
  const { backend, adapter, dtypes, layouts } = wanted;
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
  let gpu: Gpu | undefined;
  const ofAdapter = dtypes.filter((dtype) => dtype === "f32" || dtype === "f16");
  if (isPapilio && backend !== "cpu" && ofAdapter.length > 0) {
    try {
      gpu = await openGpu({ adapter });
      engines.push(papilioOnAdapter(gpu, { dtypes: ofAdapter, layouts }));
    } catch (error) {
      const isAsked = backend === "gpu" || adapter !== "auto" || gpu !== undefined;
      gpu?.dispose();
      if (isAsked || !(error instanceof PapilioError)) throw error;
      skipped.push({ name: "papilio adapter", reason: error.message });
    }
  }
  return { engines, gpu, versions, skipped, [Symbol.dispose]: () => gpu?.dispose() };
}
