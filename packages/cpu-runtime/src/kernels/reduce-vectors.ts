import { requireBoolean, requireObject, requireWhole } from "@papilio/butterfly/errors";
import { REDUCE_VECTORS } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { vectorsBytes } from "./layout.ts";
import { vectorsOperand, wordsOperand } from "./problem.ts";
import { type Reduction, reductionNumber } from "./reduction.ts";

/** Features of a sequence that are an item at most and at least, but for the last ones. */
const MOST_FEATURES = 512;
const LEAST_FEATURES = 16;
/** Numbers of an item, about: some tens of microseconds. */
const ITEM_NUMBERS = 2 ** 18;

/** One vector for each sequence. */
export interface ReduceVectorsProblem {
  readonly sequences: number;
  /** Vectors of a sequence. */
  readonly period: number;
  readonly features: number;
  readonly reduce: Reduction;
  /** Whether it is given for each sequence how many of its vectors count; all otherwise. */
  readonly lengths: boolean;
}

/**
 * Operands: x, y, then lengths (u32, one for each sequence, at most `period`) where they are given.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function reduceVectors(problem: ReduceVectorsProblem): KernelCall {
  requireObject("The problem", problem, "a ReduceVectorsProblem");
  const { sequences, period, features, reduce, lengths } = problem;
  requireWhole("The number of sequences", sequences, 1);
  requireWhole("The number of vectors of a sequence", period, 1);
  requireWhole("The number of features", features, 1);
  requireBoolean("Whether there are lengths", lengths);
  const reduction = reductionNumber(reduce);
  const vectors = sequences * period;
  // Fewer where vectors are many, as in the gradient of a bias: threads share a single sequence.
  const wanted = LEAST_FEATURES * Math.floor(ITEM_NUMBERS / period / LEAST_FEATURES);
  const strip = Math.min(features, MOST_FEATURES, Math.max(LEAST_FEATURES, wanted));
  return {
    kernel: REDUCE_VECTORS,
    label: `${reduce} of ${period} vectors, ${sequences} x ${features}`,
    items: sequences * Math.ceil(features / strip),
    scratchBytes: 16 * strip,
    operands: [
      vectorsOperand("x", "read", "tiles", { vectors, features }),
      vectorsOperand("y", "write", "tiles", { vectors: sequences, features }),
      ...(lengths ? [wordsOperand("lengths", sequences)] : []),
    ],
    words: ([x = 0, y = 0, counts = 0]) => [
      ...[x, y, counts, sequences, period, features, reduction, strip],
    ],
    flops: vectors * features,
    bytes: vectorsBytes("tiles", vectors, features) + vectorsBytes("tiles", sequences, features),
  };
}
