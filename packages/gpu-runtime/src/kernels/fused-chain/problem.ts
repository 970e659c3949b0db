import type { BatchShape, Chain, StorageDtype } from "@papilio/butterfly";
import type { Sharing } from "@papilio/butterfly/matrix";
import type { PlacedEpilogue } from "../epilogue.ts";
import type { FusedChainPacking } from "./packing.ts";

/** What a fused kernel is generated for: neighbouring factors, the right-most of which comes first. */
export interface FusedChainProblem extends BatchShape {
  readonly chain: Chain;
  /** How x, the weights and y are stored. What lies between the factors is in float32. */
  readonly dtype: StorageDtype;
  /** Along which axes the blocks of the product have equal weights, which are packed once. */
  readonly sharing?: Sharing;
  /** The order of the packed weights, where it is not the variant's own. */
  readonly packing?: FusedChainPacking;
  /** Adds a vector of `chain.rows` elements to every output; a binding after the others. */
  readonly bias?: boolean;
  /** What is done to the outputs before they are written; its operands are bound after the bias. */
  readonly epilogue?: PlacedEpilogue;
  /** Outputs are written where the inputs are: one binding for both. The product's blocks are square. */
  readonly inPlace?: boolean;
}
