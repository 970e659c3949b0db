import {
  requireObject,
  requireOneOf,
  requireWhole,
  wrongArgument,
} from "@papilio/butterfly/errors";
import { GATHER_VECTORS } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { stripItems, vectorsBytes } from "./layout.ts";
import { bitsOf, codesOf, type PackedWeights, requireWeights } from "./packed-weights.ts";
import { requireVectorsShape, type VectorsShape, vectorsOperand, wordsOperand } from "./problem.ts";

/** Vector `i` of y is row `indices[i]` of a table, or of other vectors. */
export interface GatherVectorsProblem extends VectorsShape {
  /** Rows of the table, or vectors that are chosen from. */
  readonly rows: number;
  /**
   * Whether `source` is a table, plain memory of `[rows, features]`, or vectors, or the packed weights of a dense
   * matrix of so many rows and columns, such as a head that is the table too.
   */
  readonly source: "table" | "vectors" | PackedWeights;
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
  const packed = typeof source === "object" ? requireRows(source, rows, features) : undefined;
  if (packed === undefined) requireOneOf("The source", source, ["table", "vectors"]);
  return {
    kernel: GATHER_VECTORS,
    label: `gather ${vectors} of ${rows} x ${features}`,
    items: stripItems(vectors, features),
    scratchBytes: 0,
    operands: [
      source === "vectors"
        ? vectorsOperand("source", "read", "rows", { vectors: rows, features })
        : wordsOperand("source", packed === undefined ? rows * features : packed.bytes / 4),
      wordsOperand("indices", vectors),
      vectorsOperand("y", "write", "tiles", problem),
    ],
    words: ([from = 0, indices = 0, y = 0]) => [
      ...[from, indices, y, vectors, features],
      ...(packed === undefined ? [0, 32, 0] : [rows, bitsOf(packed.dtype), codesOf(packed.dtype)]),
    ],
    flops: 0,
    bytes: 4 * vectors * (features + 1) + vectorsBytes("tiles", vectors, features),
  };
}

/** Weights of a dense matrix of these sizes. */
function requireRows(weights: PackedWeights, rows: number, features: number): PackedWeights {
  requireWeights(weights);
  const { pattern, stages } = weights;
  const { a, b, c, d } = pattern;
  if (a === 1 && b === rows && c === features && d === 1 && stages.length === 1) return weights;
  throw wrongArgument("The source", `weights of ${pattern}`, `weights of 1,${rows},${features},1`);
}
