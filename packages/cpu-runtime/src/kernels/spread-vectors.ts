import { requireBoolean, requireObject, requireWhole } from "@papilio/butterfly/errors";
import { SPREAD_LARGEST, SPREAD_VECTORS } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { stripItems, vectorsBytes } from "./layout.ts";
import { vectorsOperand, wordsOperand } from "./problem.ts";
import type { ReduceVectorsProblem } from "./reduce-vectors.ts";
import { reductionNumber } from "./reduction.ts";

/** Features of a sequence that are an item of the largest, as assembly/kernels/spread-largest.ts divides them. */
const STRIP = 512;

/**
 * The gradient of `reduceVectors`: what came of a sequence goes to each of its vectors that count, divided by their
 * number for a mean; of the largest to the first vector that is it, or the first that is NaN, feature by feature. The
 * others get 0. Operands: dy (`sequences` vectors), dx, then x for the largest, then lengths (u32, one for each
 * sequence, at most `period`) where they are given.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function spreadVectors(problem: ReduceVectorsProblem): KernelCall {
  requireObject("The problem", problem, "a ReduceVectorsProblem");
  const { sequences, period, features, reduce, lengths } = problem;
  requireWhole("The number of sequences", sequences, 1);
  requireWhole("The number of vectors of a sequence", period, 1);
  requireWhole("The number of features", features, 1);
  requireBoolean("Whether there are lengths", lengths);
  const reduction = reductionNumber(reduce);
  const vectors = sequences * period;
  const all = { vectors, features };
  const isLargest = reduce === "max";
  return {
    kernel: isLargest ? SPREAD_LARGEST : SPREAD_VECTORS,
    label: `gradient of the ${reduce} of ${period} vectors, ${sequences} x ${features}`,
    items: isLargest ? sequences * Math.ceil(features / STRIP) : stripItems(vectors, features),
    // Of four lanes the largest and their places.
    scratchBytes: isLargest ? 32 * Math.min(STRIP, features) : 0,
    operands: [
      vectorsOperand("dy", "read", "tiles", { vectors: sequences, features }),
      vectorsOperand("dx", "write", "tiles", all),
      ...(isLargest ? [vectorsOperand("x", "read", "tiles", all)] : []),
      ...(lengths ? [wordsOperand("lengths", sequences)] : []),
    ],
    words: ([dy = 0, dx = 0, ...others]) => {
      const x = isLargest ? (others.shift() as number) : 0;
      const counts = others.shift() ?? 0;
      return [dy, dx, x, counts, sequences, period, features, reduction];
    },
    flops: vectors * features,
    bytes:
      (isLargest ? 2 : 1) * vectorsBytes("tiles", vectors, features) +
      vectorsBytes("tiles", sequences, features),
  };
}
