import { requireBoolean, requireObject, requireWhole } from "@papilio/butterfly/errors";
import { REDUCE_VECTORS } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { vectorsBytes } from "./layout.ts";
import { vectorsOperand, wordsOperand } from "./problem.ts";
import { type Reduction, reductionNumber } from "./reduction.ts";

/** Features of a sequence that are an item, as assembly/kernels/reduce-vectors.ts divides them. */
const STRIP = 512;

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
  return {
    kernel: REDUCE_VECTORS,
    label: `${reduce} of ${period} vectors, ${sequences} x ${features}`,
    items: sequences * Math.ceil(features / STRIP),
    scratchBytes: 16 * Math.min(STRIP, features),
    operands: [
      vectorsOperand("x", "read", "tiles", { vectors, features }),
      vectorsOperand("y", "write", "tiles", { vectors: sequences, features }),
      ...(lengths ? [wordsOperand("lengths", sequences)] : []),
    ],
    words: ([x = 0, y = 0, counts = 0]) => [x, y, counts, sequences, period, features, reduction],
    flops: vectors * features,
    bytes: vectorsBytes("tiles", vectors, features) + vectorsBytes("tiles", sequences, features),
  };
}
