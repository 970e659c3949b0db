import { requireBoolean, requireObject, requireWhole } from "@papilio/butterfly/errors";
import { SPARSE_LINEAR } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { tileCount, vectorsBytes } from "./layout.ts";
import { vectorsOperand, wordsOperand } from "./problem.ts";

/** The product with a sparse matrix of `[rows, cols]`. */
export interface SparseLinearProblem {
  readonly vectors: number;
  readonly rows: number;
  readonly cols: number;
  readonly nonZeros: number;
  /** Whether the non-zeros have values; else they are 1. */
  readonly weighted: boolean;
  /** Parts that the rows are divided into: one less than the numbers of `rowParts`. */
  readonly parts: number;
}

/**
 * `y = W x` for each vector. Operands: x, y, starts (u32, `rows + 1`), columns (u32, one below `cols` for each
 * non-zero), parts (u32, `parts + 1`, of `rowParts`), then values (f32) where there are such.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function sparseLinear(problem: SparseLinearProblem): KernelCall {
  requireObject("The problem", problem, "a SparseLinearProblem");
  const { vectors, rows, cols, nonZeros, weighted, parts } = problem;
  requireWhole("The number of vectors", vectors, 1);
  requireWhole("The number of rows", rows, 1);
  requireWhole("The number of columns", cols, 1);
  requireWhole("The number of non-zeros", nonZeros, 0);
  requireBoolean("Whether there are values", weighted);
  requireWhole("The number of parts", parts, 1);
  const tiles = tileCount(vectors);
  return {
    kernel: SPARSE_LINEAR,
    label: `sparse product ${vectors} x ${rows} of ${cols}`,
    items: tiles * parts,
    scratchBytes: 0,
    operands: [
      vectorsOperand("x", "read", "tiles", { vectors, features: cols }),
      vectorsOperand("y", "write", "tiles", { vectors, features: rows }),
      wordsOperand("starts", rows + 1),
      wordsOperand("columns", nonZeros),
      wordsOperand("parts", parts + 1),
      ...(weighted ? [wordsOperand("values", nonZeros)] : []),
    ],
    words: ([x = 0, y = 0, starts = 0, columns = 0, firsts = 0, values = 0]) => [
      ...[x, y, starts, columns, values, firsts, vectors, rows, cols, parts],
    ],
    flops: 2 * vectors * nonZeros,
    bytes:
      vectorsBytes("tiles", vectors, cols) +
      vectorsBytes("tiles", vectors, rows) +
      4 * (rows + 1 + nonZeros * (weighted ? 2 : 1)),
  };
}
