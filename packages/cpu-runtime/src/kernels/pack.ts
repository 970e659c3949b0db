import {
  requireBoolean,
  requireObject,
  requireWhole,
  wrongArgument,
} from "@papilio/butterfly/errors";
import { storedPattern } from "@papilio/butterfly/matrix";
import { PACK } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import {
  bitsOf,
  bytesOf,
  codesOf,
  type PackedWeights,
  requireStage,
  requireWeights,
  SCALED,
} from "./packed-weights.ts";

/** Values that an item packs: some tens of microseconds. */
const VALUES_OF_ITEM = 32 * 1024;

export interface PackProblem {
  readonly weights: PackedWeights;
  /** Which of its stages. */
  readonly stage: number;
  /** The first row and the number of rows of the stage's stored values `[a * b, c * d]`; all of them unless given. */
  readonly firstRow?: number;
  readonly rows?: number;
  /**
   * Whether the values are those of the transposed stage, `[a, c, b, d]`, all of them: a matrix and its transpose are
   * packed out of the same numbers. False unless given.
   */
  readonly transposed?: boolean;
}

/**
 * Packs values of a stage, or some rows of them, where memory for all of them at once is too much. Operands: the
 * values of these rows, the weights of the pass, and, for half precision, a word that becomes 1 where a value is too
 * large for it, or not a number; of few bits, the values are codes, a byte each, and `scales` multiply their numbers, in
 * half precision, of each row `[c / 32, d]`. In a program, it packs again what an optimizer has changed.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function pack(problem: PackProblem): KernelCall {
  requireObject("The problem", problem, "a PackProblem");
  const { weights, stage, firstRow = 0, rows, transposed = false } = problem;
  requireWeights(weights);
  requireBoolean("Whether the values are transposed", transposed);
  const { pattern, sharing, a, distances, start } = requireStage(weights, stage);
  const stored = storedPattern(pattern, sharing);
  const all = stored.a * stored.b;
  const count = rows ?? all - firstRow;
  requireWhole("The first row", firstRow, 0);
  requireWhole("The number of rows", count, 1);
  if (firstRow + count > all) {
    throw wrongArgument("The end of the rows", `${firstRow + count}`, `${all} at most`);
  }
  if (transposed && count < all) {
    throw wrongArgument("The number of rows", `${count}`, `all ${all} where values are transposed`);
  }
  const row = stored.c * stored.d;
  const scaleBytes = 4 * Math.ceil((count * Math.ceil(stored.c / SCALED) * stored.d) / 2);
  const rowsOfItem = Math.max(1, Math.ceil(VALUES_OF_ITEM / row / 6)) * 6;
  const size = bytesOf(weights.dtype);
  const bits = bitsOf(weights.dtype);
  const valueBytes = bits < 16 ? 1 : 4;
  if (transposed && bits < 16) {
    throw wrongArgument("The dtype of the weights", weights.dtype, "f32 or f16 where transposed");
  }
  return {
    kernel: PACK,
    label: `pack ${count} of ${pattern}${transposed ? ", transposed" : ""}`,
    items: Math.ceil(count / rowsOfItem),
    scratchBytes: 0,
    operands: [
      { name: "values", access: "read", layout: "plain", bytes: valueBytes * count * row },
      { name: "weights", access: "update", layout: "plain", bytes: weights.bytes },
      ...(bits === 16
        ? ([{ name: "overflow", access: "update", layout: "plain", bytes: 4 }] as const)
        : []),
      ...(bits < 16
        ? ([{ name: "scales", access: "read", layout: "plain", bytes: scaleBytes }] as const)
        : []),
    ],
    words: ([values = 0, packed = 0, last = 0]) => [
      ...[values, packed + size * start, bits === 16 ? last : 0, bits],
      ...[firstRow, count, rowsOfItem, stored.b, stored.c, stored.d],
      ...[
        sharing.a ? 1 : a,
        sharing.d ? 1 : weights.pattern.d,
        ...distances,
        transposed ? 1 : 0,
        last,
        codesOf(weights.dtype),
      ],
    ],
    flops: 0,
    bytes: (valueBytes + size) * count * row,
  };
}
