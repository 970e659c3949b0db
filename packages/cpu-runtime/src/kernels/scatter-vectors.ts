import { requireBoolean, requireObject, requireWhole } from "@papilio/butterfly/errors";
import { SCATTER_VECTORS } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { vectorsBytes } from "./layout.ts";
import { requireVectorsShape, type VectorsShape, vectorsOperand, wordsOperand } from "./problem.ts";

/** Row `r` of y is the sum of the vectors `i` of x with `indices[i] = r`; zeros of none. */
export interface ScatterVectorsProblem extends VectorsShape {
  /** Rows of y. */
  readonly rows: number;
  /** Whether y is a single vector, its rows one after the other, as the numbers of a parameter. */
  readonly flat: boolean;
}

/** Numbers that an item adds or clears, about. */
const ITEM_NUMBERS = 32768;

/**
 * The gradient of `gatherVectors` by what it gathers from. Each sum is taken in the order of the vectors, by one
 * thread: the same in every run. Operands: x, indices (u32, one for each vector; one that is not below `rows` is left
 * out), y (`rows` vectors).
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function scatterVectors(problem: ScatterVectorsProblem): KernelCall {
  requireObject("The problem", problem, "a ScatterVectorsProblem");
  const { vectors, features, rows, flat } = problem;
  requireVectorsShape(problem);
  requireWhole("The number of rows", rows, 1);
  requireBoolean("Whether y is a single vector", flat);
  const parts = Math.ceil(((rows + vectors) * features) / ITEM_NUMBERS);
  const block = Math.ceil(rows / parts);
  return {
    kernel: SCATTER_VECTORS,
    label: `scatter ${vectors} to ${rows} x ${features}`,
    items: Math.ceil(rows / block),
    scratchBytes: 0,
    operands: [
      vectorsOperand("x", "read", "rows", problem),
      wordsOperand("indices", vectors),
      vectorsOperand(
        "y",
        "write",
        "rows",
        flat ? { vectors: 1, features: rows * features } : { vectors: rows, features },
      ),
    ],
    words: ([x = 0, indices = 0, y = 0]) => [x, indices, y, vectors, features, rows, block],
    flops: vectors * features,
    bytes: 4 * vectors * (features + 1) + vectorsBytes("rows", rows, features),
  };
}
