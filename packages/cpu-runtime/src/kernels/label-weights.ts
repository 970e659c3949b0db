import { requireObject, requireWhole } from "@papilio/butterfly/errors";
import { LABEL_WEIGHTS } from "../wasm/kernel-ids.ts";
import { ignoredWord, requireIgnored } from "./cross-entropy.ts";
import type { KernelCall } from "./kernel-call.ts";
import { vectorsOperand, wordsOperand } from "./problem.ts";

/**
 * By what losses are multiplied so that their mean is that of those whose labels count: `vectors` divided by how many
 * count, and 0 for the others.
 */
export interface LabelWeightsProblem {
  readonly vectors: number;
  /** Labels at and above it count nothing. */
  readonly classes: number;
  /** The label that counts nothing. */
  readonly ignored?: number | undefined;
}

/**
 * Operands: labels (u32, one for each vector), and y, a number for each vector.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function labelWeights(problem: LabelWeightsProblem): KernelCall {
  requireObject("The problem", problem, "a LabelWeightsProblem");
  const { vectors, classes, ignored } = problem;
  requireWhole("The number of vectors", vectors, 1);
  requireWhole("The number of classes", classes, 1);
  requireIgnored(ignored);
  return {
    kernel: LABEL_WEIGHTS,
    label: `weights of ${vectors} labels`,
    items: 1,
    scratchBytes: 0,
    operands: [
      wordsOperand("labels", vectors),
      vectorsOperand("y", "write", "tiles", { vectors, features: 1 }),
    ],
    words: ([labels = 0, y = 0]) => [labels, y, vectors, classes, ignoredWord(ignored)],
    flops: vectors,
    bytes: 12 * vectors,
  };
}
