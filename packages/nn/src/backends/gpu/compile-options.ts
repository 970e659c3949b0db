import type { Layout } from "@papilio/butterfly";
import type { WeightDtype } from "@papilio/cpu-runtime/kernels";
import {
  type Checks,
  count,
  having,
  layout,
  optional,
  weightDtype,
} from "../../arguments/checks.ts";
import type { ModelMemory } from "./model-memory.ts";

/** How a graph is computed on a device, whichever kernels it takes. */
export interface GraphCompileOptions {
  /**
   * In what activations and weights are stored; `f32` unless given. With types of few bits weights of linear layers are
   * so, each factor rounded as `quantizeValues` of `@papilio/butterfly/numeric` says, as on the CPU, and all else
   * is in `f32`: `q8` takes 27 % of the memory of weights, `q4` 14 %. Arithmetic is in float32.
   */
  readonly dtype?: WeightDtype;
  /** Layout of what is between operations; `batch-last` unless given. */
  readonly layout?: Layout;
  /** What is shared with other graphs of the model; its own unless given. Its dtype is the model's. */
  readonly memory?: ModelMemory;
  /**
   * Bytes that may be kept of what products have between factors that the graph trains, which gradients read: more is
   * computed again. 256 MiB unless given.
   */
  readonly keptBytes?: number;
}

export const graphCompileChecks: Checks = {
  dtype: optional(weightDtype),
  layout: optional(layout),
  memory: optional(having("a ModelMemory", "gpu", "dtype", "parameter", "state")),
  keptBytes: optional(count),
};
