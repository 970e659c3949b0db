import type { FloatArray } from "@papilio/butterfly";
import type { Indices, Value } from "../graph/value.ts";

/** Where the reference of an operation finds its operands. All values are `[vectors, features]`. */
export interface ReferenceContext {
  /** The numbers of a value that was computed before. */
  of(value: Value): FloatArray;
  indices(indices: Indices): Uint32Array;
  /** Zeros for the numbers of a value, in the precision of the run. */
  zeros(value: Value): FloatArray;
}
