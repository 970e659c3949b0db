import { requireBoolean, requireObject, requireWhole } from "@papilio/butterfly/errors";
import { APPEND } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { tileCount, vectorsBytes } from "./layout.ts";
import { requireVectorsShape, type VectorsShape, vectorsOperand, wordsOperand } from "./problem.ts";

/** Where the kernel keeps what it knows of x and of the state. */
const SCRATCH_BYTES = 64;

/** Vectors that are written into a state from a position on, or each where it belongs; those past its end are dropped. */
export interface AppendProblem extends VectorsShape {
  /** Vectors of the state. */
  readonly stateVectors: number;
  /** Whether there is a position for each vector; one for the first unless given. */
  readonly each?: boolean;
}

/**
 * Operands: x, and the state, which is updated, in tiles; then the position, an unsigned integer of 32 bits, which is
 * below `stateVectors`, or one for each vector, of any size.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function append(problem: AppendProblem): KernelCall {
  requireObject("The problem", problem, "an AppendProblem");
  requireVectorsShape(problem);
  const { vectors, features, stateVectors, each = false } = problem;
  requireBoolean("each", each);
  requireWhole("The number of vectors of the state", stateVectors, 1);
  return {
    kernel: APPEND,
    label: `append ${vectors} x ${features}`,
    items: tileCount(vectors),
    scratchBytes: SCRATCH_BYTES,
    operands: [
      vectorsOperand("x", "read", "tiles", problem),
      vectorsOperand("state", "update", "tiles", { vectors: stateVectors, features }),
      wordsOperand("position", each ? vectors : 1),
    ],
    words: ([x = 0, state = 0, position = 0]) => [
      ...[x, state, position, vectors, features],
      ...[stateVectors, each ? 1 : 0],
    ],
    flops: 0,
    bytes: 2 * vectorsBytes("tiles", vectors, features),
  };
}
