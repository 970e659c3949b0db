import type { BatchShape, Pattern, StorageDtype } from "@papilio/butterfly";
import type { Sharing } from "@papilio/butterfly/matrix";
import type { FewBits } from "@papilio/butterfly/numeric";
import type { PlacedEpilogue } from "../epilogue.ts";
import type { KroneckerSparsePacking } from "./packing.ts";

/** What a kernel is generated for: everything that is known before the values are. */
export interface KroneckerSparseProblem extends BatchShape {
  readonly pattern: Pattern;
  /** How x and y are stored, and the weights unless {@link weightDtype} says otherwise. */
  readonly dtype: StorageDtype;
  /**
   * Weights of few bits, which the register kernel along outputs and the vector kernel read: codes become numbers in
   * registers, and sums are in float32.
   */
  readonly weightDtype?: FewBits | undefined;
  /** Along which axes blocks are equal, and their weights packed once. */
  readonly sharing?: Sharing;
  /** The order of the packed weights, where it is not the variant's own. */
  readonly packing?: KroneckerSparsePacking;
  /** Adds a vector of `pattern.rows` elements to every output; a binding after the others. */
  readonly bias?: boolean;
  /** What is done to the outputs before they are written; its operands are bound after the bias. */
  readonly epilogue?: PlacedEpilogue;
}
