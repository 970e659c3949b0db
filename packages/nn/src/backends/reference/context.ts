import type { FloatArray } from "@papilio/butterfly";
import type { Indices, Value } from "../../graph/value.ts";

/** Where an operation on the CPU finds its operands and puts its result. All are `[vectors, features]`. */
export interface CpuContext {
  /** Numbers of a value that is there. */
  of(value: Value): FloatArray;
  indices(indices: Indices): Uint32Array;
  /** Zeros for the numbers of a value. */
  zeros(value: Value): FloatArray;
}
