import { requireWhole } from "@papilio/butterfly/errors";
import { SUM_OF_SQUARES } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { vectorsOperand } from "./problem.ts";
import { UPDATE_CHUNK } from "./update.ts";

/**
 * The sums of the squares of parts of a vector, whose sum is that of all: of gradients, by whose norm they are clipped.
 * Operands: x, one vector, and parts, {@link sumOfSquaresParts} numbers.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function sumOfSquares(length: number): KernelCall {
  const items = sumOfSquaresParts(length);
  return {
    kernel: SUM_OF_SQUARES,
    label: `sum of squares of ${length} numbers`,
    items,
    scratchBytes: 0,
    operands: [
      vectorsOperand("x", "read", "tiles", { vectors: 1, features: length }),
      { name: "parts", access: "write", layout: "plain", bytes: 4 * items },
    ],
    words: ([x = 0, parts = 0]) => [x, parts, length],
    flops: 2 * length,
    bytes: 4 * length,
  };
}

/**
 * Numbers that {@link sumOfSquares} writes: as many whatever the number of threads.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function sumOfSquaresParts(length: number): number {
  requireWhole("The number of numbers", length, 1);
  return Math.ceil(length / UPDATE_CHUNK);
}
