import { requireBoolean, requireObject } from "@papilio/butterfly/errors";
import { SOFTMAX } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { tileCount, tileWidth, vectorsBytes } from "./layout.ts";
import { requireVectorsShape, type VectorsShape, vectorsOperand } from "./problem.ts";

/** Powers of an item, some tens of microseconds. */
const ITEM_POWERS = 2 ** 15;

/** `y = exp(x) / Σ exp(x)` over the features of each vector. */
export interface SoftmaxProblem extends VectorsShape {
  /** Whether y is the logarithm of that. */
  readonly log: boolean;
}

/**
 * Operands: x and y, in tiles.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function softmax(problem: SoftmaxProblem): KernelCall {
  requireObject("The problem", problem, "a SoftmaxProblem");
  requireVectorsShape(problem);
  const { vectors, features, log } = problem;
  requireBoolean("log", log);
  const tilesEach = Math.max(1, Math.floor(ITEM_POWERS / (features * tileWidth(vectors))));
  return {
    kernel: SOFTMAX,
    label: `${log ? "logarithm of softmax" : "softmax"} ${vectors} x ${features}`,
    items: Math.ceil(tileCount(vectors) / tilesEach),
    scratchBytes: 0,
    operands: [
      vectorsOperand("x", "read", "tiles", problem),
      vectorsOperand("y", "write", "tiles", problem),
    ],
    words: ([x = 0, y = 0]) => [x, y, vectors, features, log ? 1 : 0, tilesEach],
    // A power counts as the twelve operations of its polynomial and of what is around it.
    flops: 16 * vectors * features,
    bytes: 2 * vectorsBytes("tiles", vectors, features),
  };
}
