import { PapilioError, type StorageDtype } from "@papilio/butterfly";
import type { AdapterReport, Gpu } from "@papilio/gpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";
import { CpuModel, DeviceModel, type Executable, type Graph } from "@papilio/nn";
import { chooseBackend } from "../backend.ts";
import { oneOf } from "../options.ts";
import { note } from "../print.ts";

/** The flags that say where a model is computed. */
export interface ComputeFlags {
  readonly adapter: string;
  readonly backend: string;
  readonly dtype: string;
}

/** Where a model is computed: on a device, or on the CPU where there is none. */
export interface Compute extends Disposable {
  readonly gpu: Gpu | undefined;
  readonly dtype: StorageDtype;
}

/**
 * Opens the adapter of the flags, or chooses the CPU, and says on stderr which it is and why.
 *
 * @throws PapilioError `FLAG_INVALID`, `F16_UNAVAILABLE`, and what `openGpu` throws
 */
export async function openCompute({
  adapter,
  backend,
  dtype: text,
}: ComputeFlags): Promise<Compute> {
  const dtype = oneOf("--dtype", text, ["f32", "f16"]);
  const choice = await chooseBackend(backend, adapter);
  if (choice.backend === "cpu" && dtype !== "f32") {
    throw new PapilioError(
      "FLAG_INVALID",
      `--dtype f16 does not go with the CPU, which is taken because of this: ${choice.reason}.`,
      "Leave it out, or name an adapter.",
    );
  }
  const gpu = choice.backend === "cpu" ? undefined : await openGpu({ adapter });
  try {
    gpu?.assertDtype(dtype);
  } catch (error) {
    gpu?.dispose();
    throw error;
  }
  const where = gpu === undefined ? "none, the CPU" : describe(gpu.report);
  note(`Adapter: ${where}: ${choice.reason}`);
  return { gpu, dtype, [Symbol.dispose]: () => gpu?.dispose() };
}

/** A graph that is ready to run. */
export function compileFor({ gpu, dtype }: Compute, graph: Graph): Promise<Executable> {
  if (gpu === undefined) return Promise.resolve(new CpuModel(graph, { kernels: "wasm" }));
  return DeviceModel.compile(gpu, graph, { dtype });
}

function describe({ name, kind, driver }: AdapterReport): string {
  return `${name} (${kind}; ${driver})`;
}
