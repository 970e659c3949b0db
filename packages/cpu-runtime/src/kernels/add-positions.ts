import {
  requireBoolean,
  requireObject,
  requireWhole,
  wrongArgument,
} from "@papilio/butterfly/errors";
import { ADD_POSITIONS } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { stripItems, vectorsBytes } from "./layout.ts";
import { requireVectorsShape, type VectorsShape, vectorsOperand, wordsOperand } from "./problem.ts";

/** Sequences of vectors, to each of which the row of a table for its position is added. */
export interface AddPositionsProblem extends VectorsShape {
  /** Vectors of a sequence of x; 1 adds the same row to all of them: a bias. */
  readonly period: number;
  /** Rows of the table. */
  readonly positions: number;
  /** Whether each sequence of y begins with a vector more, the same in all, at the first position. */
  readonly prepended: boolean;
  /** Whether the position of the first vector is given; 0 otherwise. */
  readonly position: boolean;
  /** Whether that is a number for each sequence; one for all of them unless given. */
  readonly each?: boolean;
}

/**
 * Operands: x, y, table (`[positions, features]` in float32), then prepended (`[features]`) and position (u32, one or
 * one for each sequence, such that no row beyond the table's is added) where they are.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function addPositions(problem: AddPositionsProblem): KernelCall {
  requireObject("The problem", problem, "an AddPositionsProblem");
  const { vectors, features, period, positions, prepended, position, each = false } = problem;
  requireVectorsShape(problem);
  requireWhole("The period", period, 1);
  if (vectors % period !== 0) {
    throw wrongArgument("The period", `${period}`, `a divisor of ${vectors} vectors`);
  }
  requireBoolean("Whether a vector is prepended", prepended);
  requireBoolean("Whether there is a position", position);
  requireBoolean("each", each);
  const sequence = period + (prepended ? 1 : 0);
  requireWhole("The number of positions", positions, sequence);
  const y = { vectors: (vectors / period) * sequence, features };
  return {
    kernel: ADD_POSITIONS,
    label: `positions ${y.vectors} x ${features}`,
    items: stripItems(y.vectors, features),
    scratchBytes: 0,
    operands: [
      vectorsOperand("x", "read", "tiles", problem),
      vectorsOperand("y", "write", "tiles", y),
      wordsOperand("table", positions * features),
      ...(prepended ? [wordsOperand("prepended", features)] : []),
      ...(position ? [wordsOperand("position", each ? vectors / period : 1)] : []),
    ],
    words: ([x = 0, to = 0, table = 0, ...others]) => {
      const prependedAt = prepended ? (others.shift() as number) : 0;
      const positionAt = position ? (others.shift() as number) : 0;
      return [x, to, table, prependedAt, positionAt, vectors, features, period, each ? 1 : 0];
    },
    flops: y.vectors * features,
    bytes:
      vectorsBytes("tiles", vectors, features) +
      vectorsBytes("tiles", y.vectors, features) +
      4 * sequence * features,
  };
}
