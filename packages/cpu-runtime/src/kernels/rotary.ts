import {
  requireBoolean,
  requireObject,
  requireOneOf,
  requireWhole,
  wrongArgument,
} from "@papilio/butterfly/errors";
import { ROTARY } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { tileCount, tileWidth, vectorsBytes } from "./layout.ts";
import { requireVectorsShape, type VectorsShape, vectorsOperand, wordsOperand } from "./problem.ts";

/** Features of an item, some tens of microseconds. */
const ITEM_FEATURES = 2 ** 16;

/**
 * Rotates the pair `(u, v)` of features of each head to `(u cos - v sin, u sin + v cos)`, with the angles of the
 * vector's position in its sequence. Vectors past the table have its last angles.
 */
export interface RotaryProblem extends VectorsShape {
  /** Even, and a divisor of `features`. */
  readonly headFeatures: number;
  /** Which features make a pair: neighbours, or those half a head apart. */
  readonly style: "interleaved" | "halves";
  /** Rows of the tables. */
  readonly positions: number;
  /** Vectors of a sequence. */
  readonly period: number;
  /** Whether an operand says where the first vector of a sequence stands, which else is 0. */
  readonly position: boolean;
  /** Whether that is a number for each sequence; one for all of them unless given. */
  readonly each?: boolean;
}

/**
 * Operands: x and y in tiles, the tables of cosines and sines, `[positions, headFeatures / 2]` in float32, and the
 * position, an unsigned integer of 32 bits or one for each sequence, where the problem has one.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function rotary(problem: RotaryProblem): KernelCall {
  requireRotary(problem);
  const { vectors, features, headFeatures, style, positions, period } = problem;
  const { position, each = false } = problem;
  const numbers = (positions * headFeatures) / 2;
  const tilesEach = Math.max(1, Math.floor(ITEM_FEATURES / (features * tileWidth(vectors))));
  return {
    kernel: ROTARY,
    label: `rotary ${vectors} x ${features}`,
    items: Math.ceil(tileCount(vectors) / tilesEach),
    // The angles of a tile.
    scratchBytes: 4 * tileWidth(vectors) * headFeatures,
    operands: [
      vectorsOperand("x", "read", "tiles", problem),
      vectorsOperand("y", "write", "tiles", problem),
      wordsOperand("cosines", numbers),
      wordsOperand("sines", numbers),
      ...(position ? [wordsOperand("position", each ? Math.ceil(vectors / period) : 1)] : []),
    ],
    words: ([x = 0, y = 0, cosines = 0, sines = 0, at = 0]) => [
      ...[x, y, cosines, sines, at],
      ...[vectors, features, headFeatures, positions, period],
      style === "interleaved" ? 1 : 0,
      ...[tilesEach, each ? 1 : 0],
    ],
    flops: 3 * vectors * features,
    bytes: 2 * vectorsBytes("tiles", vectors, features) + 8 * numbers,
  };
}

function requireRotary(problem: RotaryProblem): void {
  requireObject("The problem", problem, "a RotaryProblem");
  requireVectorsShape(problem);
  const { features, headFeatures, style, positions, period, position } = problem;
  for (const [name, count] of Object.entries({ headFeatures, positions, period })) {
    requireWhole(name, count, 1);
  }
  requireOneOf("style", style, ["interleaved", "halves"]);
  requireBoolean("position", position);
  requireBoolean("each", problem.each ?? false);
  if (headFeatures % 2 === 0 && features % headFeatures === 0) return;
  throw wrongArgument("headFeatures", `${headFeatures}`, `an even divisor of ${features}`);
}
