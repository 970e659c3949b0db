export {
  adjacencyOf,
  normalizedAdjacency,
  type UndirectedEdges,
  withSelfLoops,
} from "./adjacency.ts";
export { SparseMatrix } from "./sparse-matrix.ts";
