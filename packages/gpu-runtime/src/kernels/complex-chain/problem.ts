import type { BatchShape, Chain } from "@papilio/butterfly";
import type { Sharing } from "@papilio/butterfly/matrix";

/** What a complex kernel is generated for: neighbouring factors, the right-most of which comes first. */
export interface ComplexChainProblem extends BatchShape {
  readonly chain: Chain;
  /** Along which axes the blocks of the product have equal weights, which are packed once. */
  readonly sharing: Sharing;
  /** Whether input `f` is read from the position that a map of indices has for it. */
  readonly permutesInputs: boolean;
  /** Whether output `f` is written to the position that a map of indices has for it. */
  readonly permutesOutputs: boolean;
}

/** Whether neighbouring invocations compute neighbouring vectors, of one block; else neighbouring blocks. */
export function runsAlongBatch({ batch, layout }: ComplexChainProblem): boolean {
  return layout === "batch-last" && batch > 1;
}
