export type { NnErrorCodes } from "../errors/error-codes.ts";
export {
  adjacencyOf,
  normalizedAdjacency,
  type UndirectedEdges,
  withSelfLoops,
} from "./adjacency.ts";
export { SparseMatrix } from "./sparse-matrix.ts";
export { bagsOfWords } from "./words.ts";
