import { requireObject, requireWhole } from "@papilio/butterfly/errors";
import { GATHER_FEATURES } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { stripItems, vectorsBytes } from "./layout.ts";
import { vectorsOperand, wordsOperand } from "./problem.ts";

/** Feature `f` of y is feature `map[f]` of x: permutations, padding with zeros, cropping. */
export interface GatherFeaturesProblem {
  readonly vectors: number;
  /** Features of x. */
  readonly from: number;
  /** Features of y. */
  readonly to: number;
}

/**
 * Operands: x, map (u32, for each feature of y one below `from`, or 2³² - 1 for zero), y.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function gatherFeatures(problem: GatherFeaturesProblem): KernelCall {
  requireObject("The problem", problem, "a GatherFeaturesProblem");
  const { vectors, from, to } = problem;
  requireWhole("The number of vectors", vectors, 1);
  requireWhole("The number of features of x", from, 1);
  requireWhole("The number of features of y", to, 1);
  return {
    kernel: GATHER_FEATURES,
    label: `gather features ${vectors} x ${to} of ${from}`,
    items: stripItems(vectors, to),
    scratchBytes: 0,
    operands: [
      vectorsOperand("x", "read", "tiles", { vectors, features: from }),
      wordsOperand("map", to),
      vectorsOperand("y", "write", "tiles", { vectors, features: to }),
    ],
    words: ([x = 0, map = 0, y = 0]) => [x, map, y, vectors, from, to],
    flops: 0,
    bytes: 2 * vectorsBytes("tiles", vectors, to) + 4 * to,
  };
}
