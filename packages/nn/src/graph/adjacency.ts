import { SparseMatrix } from "./sparse-matrix.ts";

/** Edges that go both ways, each once. */
export interface UndirectedEdges {
  readonly nodes: number;
  /** `u, v, u, v, ...`. */
  readonly edges: ArrayLike<number>;
}

/**
 * The adjacency matrix of an undirected graph: an entry for each neighbour of each node.
 *
 * @throws PapilioError `SPARSE_MATRIX` for nodes that there are not
 */
export function adjacencyOf({ nodes, edges }: UndirectedEdges): SparseMatrix {
  const rows: number[] = [];
  const columns: number[] = [];
  for (let edge = 0; edge + 1 < edges.length; edge += 2) {
    const [u, v] = [edges[edge] as number, edges[edge + 1] as number];
    rows.push(u);
    columns.push(v);
    if (u === v) continue;
    rows.push(v);
    columns.push(u);
  }
  return SparseMatrix.fromEntries([nodes, nodes], { rows, columns });
}

/** The same graph with an edge from every node to itself: where there was one, it stays the only one. */
export function withSelfLoops(graph: SparseMatrix): SparseMatrix {
  const rows: number[] = [];
  const columns: number[] = [];
  for (let row = 0; row < graph.rows; row++) {
    rows.push(row);
    columns.push(row);
    for (const column of graph.columns.subarray(graph.starts[row], graph.starts[row + 1])) {
      if (column === row) continue;
      rows.push(row);
      columns.push(column);
    }
  }
  return SparseMatrix.fromEntries([graph.rows, graph.cols], { rows, columns });
}

/** `D^(-1/2) (A + I) D^(-1/2)`, D the degrees with self-loops. Source: arXiv 1609.02907, equation 2. */
export function normalizedAdjacency(graph: SparseMatrix): SparseMatrix {
  const looped = withSelfLoops(graph);
  const degree = (node: number): number =>
    (looped.starts[node + 1] as number) - (looped.starts[node] as number);
  const values = new Float32Array(looped.nonZeros);
  for (let row = 0; row < looped.rows; row++) {
    for (
      let entry = looped.starts[row] as number;
      entry < (looped.starts[row + 1] as number);
      entry++
    ) {
      values[entry] = 1 / Math.sqrt(degree(row) * degree(looped.columns[entry] as number));
    }
  }
  return looped.withValues(values);
}
