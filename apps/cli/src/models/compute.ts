import type { StorageDtype } from "@papilio/butterfly";
import { WEIGHT_DTYPES, type WeightDtype } from "@papilio/cpu-runtime/kernels";
import type { AdapterReport, Gpu } from "@papilio/gpu-runtime";
import { openGpu, openTuningCache } from "@papilio/gpu-runtime/node";
import {
  CpuModel,
  CpuWeightStore,
  DeviceModel,
  type ModelMemory,
  type ModelTuning,
} from "@papilio/nn/backends";
import type { Graph } from "@papilio/nn/graph";
import { workOf } from "@papilio/nn/placement";
import { type BackendChoice, chooseBackend } from "../flags/backend.ts";
import { oneOf } from "../flags/options.ts";
import { note } from "../process/print.ts";

/** The flags that say where a model is computed. */
export interface ComputeFlags {
  readonly adapter: string;
  readonly backend: string;
  readonly dtype: string;
  readonly tune?: boolean;
}

/** The adapter that is asked for. It is opened when it is first needed, and verified once. */
export class OnDemandAdapter implements Disposable {
  readonly #name: string;
  #opened: Promise<Gpu> | undefined;
  #disposed = false;

  constructor(name: string) {
    this.#name = name;
  }

  /** @throws PapilioError what `openGpu` throws */
  open(): Promise<Gpu> {
    this.#opened ??= openGpu({ adapter: this.#name }).then((gpu) => {
      if (this.#disposed) gpu.dispose();
      return gpu;
    });
    return this.#opened;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    void this.#opened?.then(
      (gpu) => gpu.dispose(),
      () => undefined,
    );
  }
}

/** Where a model is computed, on a device or on the CPU where there is none, and how weights are stored. */
export interface Compute {
  readonly gpu: Gpu | undefined;
  readonly dtype: WeightDtype;
  /** How kernels of the device are measured; they are chosen by rules without. */
  readonly tune?: ModelTuning | undefined;
}

/**
 * Opens the adapter of the flags, or takes the CPU, and says on stderr which it is and why.
 *
 * @param graph what is computed, most of the time
 * @param adapter whose device it is, and who disposes of it
 * @param signal ends the measuring of kernels, where `--tune` is given
 * @throws PapilioError `FLAG_INVALID`, `F16_UNAVAILABLE`, and what `openGpu` throws
 */
export async function openCompute(
  flags: ComputeFlags,
  graph: Graph,
  adapter: OnDemandAdapter,
  signal: AbortSignal,
): Promise<Compute> {
  const dtype = dtypeOf(flags);
  const choice = await chooseModelBackend(flags, dtype, graph);
  if (choice.backend === "cpu") {
    note(`Adapter: none, the CPU: ${choice.reason}`);
    if (flags.tune) note(NOT_TUNED);
    return { gpu: undefined, dtype };
  }
  const gpu = await adapter.open();
  gpu.assertDtype(activationDtype(dtype));
  note(`Adapter: ${describe(gpu.report)}: ${choice.reason}`);
  return { gpu, dtype, tune: tuningOf(flags, signal) };
}

/** Where a graph is computed: half precision is for devices, unless the CPU is asked for. */
export async function chooseModelBackend(
  { adapter, backend }: ComputeFlags,
  dtype: WeightDtype,
  graph: Graph,
): Promise<BackendChoice> {
  if (dtype === "f16" && backend !== "cpu") return { backend: "gpu", reason: "--dtype f16" };
  return await chooseBackend(backend, adapter, workOf(graph, { dtype: activationDtype(dtype) }));
}

/** What `--dtype` is, for the help of commands. */
export const DTYPE_HELP: string = `how weights are stored: ${WEIGHT_DTYPES.join(", ")}; activations on an adapter are in f16 with f16, else in f32`;

/**
 * How numbers are stored. The CPU stores weights of linear layers so, and all else in single precision; an adapter
 * all numbers in f32 or f16, and weights of linear layers in few bits.
 *
 * @throws PapilioError `FLAG_INVALID`
 */
export function dtypeOf({ backend, dtype }: Omit<ComputeFlags, "adapter">): WeightDtype {
  oneOf("--backend", backend, ["auto", "gpu", "cpu"]);
  return oneOf("--dtype", dtype, WEIGHT_DTYPES);
}

/** How an adapter stores activations beside weights of a type. */
export function activationDtype(dtype: WeightDtype): StorageDtype {
  return dtype === "f16" ? "f16" : "f32";
}

/** Weights that graphs of one model share. */
export interface SharedWeights {
  readonly cpu?: CpuWeightStore;
  readonly memory?: ModelMemory;
}

/** Said where `--tune` is given, and kernels have one shape. */
export const NOT_TUNED = "Nothing is tuned on the CPU.";

/** What `--tune` is, for the help of commands. */
export const TUNE_HELP =
  "measure which kernels are the fastest on the adapter, and take these; the tuning cache keeps them";

/** How kernels are measured where `--tune` is given: kept in the tuning cache, and said on stderr. */
export function tuningOf(
  { tune = false }: Pick<ComputeFlags, "tune">,
  signal: AbortSignal,
): ModelTuning | undefined {
  if (!tune) return undefined;
  return {
    ...{ signal, cache: openTuningCache() },
    onChoice: ({ what, name, from }) => note(`Tuned ${what}: ${name}, from the ${from}`),
    onCacheError: (error) => note(`The tuning is not kept: ${(error as Error).message}`),
  };
}

/**
 * A graph that is ready to run: kernels are measured where that is asked for, shaders are compiled, and weights packed.
 *
 * @param shared with other graphs; its own unless given
 */
export async function compileFor(
  compute: Compute,
  graph: Graph,
  { cpu, memory }: SharedWeights = {},
): Promise<CpuModel | DeviceModel> {
  if (compute.gpu !== undefined) {
    const { gpu, dtype, tune } = compute;
    return DeviceModel.compile(gpu, graph, { dtype, tune, ...(memory && { memory }) });
  }
  const weights = cpu ?? new CpuWeightStore({ dtype: compute.dtype });
  const model = new CpuModel(graph, { kernels: "wasm", weights });
  try {
    await model.prepare();
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function describe({ name, kind, driver }: AdapterReport): string {
  return `${name} (${kind}; ${driver})`;
}
