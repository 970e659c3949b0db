import { requireObject, requireOneOf, requireWhole } from "@papilio/butterfly/errors";
import { GATHER_VECTORS } from "../kernel/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { stripItems, vectorsBytes } from "./layout.ts";
import { requireVectorsShape, type VectorsShape, vectorsOperand, wordsOperand } from "./problem.ts";

/** Vector `i` of y is row `indices[i]` of a table, or of other vectors. */
export interface GatherVectorsProblem extends VectorsShape {
  /** Rows of the table, or vectors that are chosen from. */
  readonly rows: number;
  /** Whether `source` is a table, plain memory of `[rows, features]`, or vectors. */
  readonly source: "table" | "vectors";
}

/**
 * Operands: source, indices (u32, each below `rows`), y.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function gatherVectors(problem: GatherVectorsProblem): KernelCall {
  requireObject("The problem", problem, "a GatherVectorsProblem");
  const { vectors, features, rows, source } = problem;
  requireVectorsShape(problem);
  requireWhole("The number of rows", rows, 1);
  requireOneOf("The source", source, ["table", "vectors"]);
  return {
    kernel: GATHER_VECTORS,
    label: `gather ${vectors} of ${rows} x ${features}`,
    items: stripItems(vectors, features),
    scratchBytes: 0,
    operands: [
      source === "table"
        ? wordsOperand("source", rows * features)
        : vectorsOperand("source", "read", "rows", { vectors: rows, features }),
      wordsOperand("indices", vectors),
      vectorsOperand("y", "write", "tiles", problem),
    ],
    words: ([from = 0, indices = 0, y = 0]) => [from, indices, y, vectors, features],
    flops: 0,
    bytes: 4 * vectors * (features + 1) + vectorsBytes("tiles", vectors, features),
  };
}
