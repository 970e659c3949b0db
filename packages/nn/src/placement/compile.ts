import type { Layout } from "@papilio/butterfly";
import type { WeightDtype } from "@papilio/cpu-runtime/kernels";
import type { Gpu } from "@papilio/gpu-runtime";
import {
  gpuCheck,
  layout as layoutCheck,
  objectOf,
  optional,
  weightDtype,
} from "../arguments/checks.ts";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { CpuWeightStore } from "../backends/cpu/cpu-weight-store.ts";
import { DeviceModel } from "../backends/gpu/device-model.ts";
import { type ModelTuning, modelTuningCheck } from "../backends/gpu/tune-model.ts";
import { type TunedKernels, tunedCheck } from "../backends/gpu/tuned-kernels.ts";
import type { Executable } from "../graph/executable.ts";
import type { Graph } from "../graph/graph.ts";
import { graphCheck } from "../graph/operand-checks.ts";
import { choosePlace, type PlaceChoice } from "./choose-place.ts";
import { workOf } from "./work.ts";

export interface CompileGraphOptions {
  /** An open device; without one the graph runs on the CPU. */
  readonly gpu?: Gpu | undefined;
  /**
   * In what a device stores activations and weights, and the CPU the weights of linear layers; `f32` unless
   * given. With types of few bits a device stores all but the weights of linear layers in `f32`.
   */
  readonly dtype?: WeightDtype;
  /** Layout of what is between operations on a device; `batch-last` unless given. */
  readonly layout?: Layout;
  /** What `tuneModel` measured on the device, in the same layout and precision; the CPU has no use for it. */
  readonly tuned?: TunedKernels | undefined;
  /** Measures kernels on the device first: see `DeviceModel.compile`. */
  readonly tune?: ModelTuning | undefined;
}

const optionsCheck = objectOf({
  gpu: optional(gpuCheck),
  dtype: optional(weightDtype),
  layout: optional(layoutCheck),
  tuned: optional(tunedCheck),
  tune: optional(modelTuningCheck),
});

/** A graph that is ready to run, and where it does and why. */
export interface PlacedModel {
  readonly model: Executable;
  readonly choice: PlaceChoice;
}

/**
 * Compiles a graph for the place in which `choosePlace` predicts it to be faster: the device, or the CPU
 * backend. With `f16` it is the device, where there is one.
 *
 * @throws PapilioError what `DeviceModel.compile` throws
 *
 * @example
 * ```ts
 * const { model, choice } = await compileGraph(vitS16().trace({ images: 1 }), { gpu });
 * console.log(choice.place, choice.reason);
 * ```
 */
export async function compileGraph(
  graph: Graph,
  options: CompileGraphOptions = {},
): Promise<PlacedModel> {
  optionsCheck("compileGraph", options);
  const { gpu, dtype = "f32", layout = "batch-last", tuned, tune } = options;
  const choice = placeOfGraph(graph, { gpu, dtype, layout });
  if (gpu === undefined || choice.place === "cpu") {
    const weights = new CpuWeightStore({ dtype });
    return { model: new CpuModel(graph, { kernels: "wasm", weights }), choice };
  }
  return { model: await DeviceModel.compile(gpu, graph, { dtype, layout, tuned, tune }), choice };
}

/** Where `compileGraph` runs a graph. */
export function placeOfGraph(graph: Graph, options: CompileGraphOptions = {}): PlaceChoice {
  graphCheck("The graph", graph);
  optionsCheck("placeOfGraph", options);
  const { gpu, dtype = "f32", layout = "batch-last" } = options;
  const work = workOf(graph, { dtype: dtype === "f16" ? "f16" : "f32", layout });
  const choice = choosePlace(work, { adapter: gpu?.report });
  if (dtype !== "f16" || gpu === undefined) return choice;
  return { ...choice, place: "gpu", reason: "half precision is asked for" };
}
