import { SparseMatrix } from "../../../adjacency/sparse-matrix.ts";

/** A sparse matrix without entries. */
export const NO_EDGES = SparseMatrix.fromEntries([9, 12], { rows: [], columns: [] });
