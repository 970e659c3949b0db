import { PapilioError } from "@papilio/butterfly";
import { requireObject } from "@papilio/butterfly/errors";
import { arrayLike } from "../arguments/checks.ts";
import { SparseMatrix, sparseCheck } from "./sparse-matrix.ts";

/** Edges that go both ways. One that is given several times, in either direction, is one edge. */
export interface UndirectedEdges {
  readonly nodes: number;
  /** `u, v, u, v, ...`. */
  readonly edges: ArrayLike<number>;
}

/**
 * The adjacency matrix of an undirected graph: an entry for each neighbour of each node. A graph whose
 * edges have weights is `SparseMatrix.fromEntries` of both directions.
 *
 * @throws PapilioError `SPARSE_MATRIX` for nodes that there are not, and an odd number of ends of edges
 */
export function adjacencyOf(graph: UndirectedEdges): SparseMatrix {
  requireObject("The graph", graph, "nodes and edges");
  const { nodes, edges } = graph;
  arrayLike("edges", edges);
  if (edges.length % 2 !== 0) {
    throw new PapilioError(
      "SPARSE_MATRIX",
      `There are ${edges.length} ends of edges, and an edge has two.`,
      "Give edges as u, v, u, v, and so on.",
    );
  }
  const rows: number[] = [];
  const columns: number[] = [];
  for (let edge = 0; edge < edges.length; edge += 2) {
    const [u, v] = [edges[edge] as number, edges[edge + 1] as number];
    rows.push(u, v);
    columns.push(v, u);
  }
  return SparseMatrix.fromEntries([nodes, nodes], { rows, columns });
}

/**
 * The same adjacency with an edge from every node to itself, of weight 1. Where there was one, it stays the
 * only one and keeps its weight, as with `add_remaining_self_loops` of PyTorch Geometric.
 *
 * @throws PapilioError `SPARSE_MATRIX` for an adjacency that is not square
 */
export function withSelfLoops(adjacency: SparseMatrix): SparseMatrix {
  sparseCheck("The adjacency", adjacency);
  requireSquare(adjacency);
  const rows: number[] = [];
  const columns: number[] = [];
  const weights: number[] = [];
  for (let row = 0; row < adjacency.rows; row++) {
    const [start, end] = [adjacency.starts[row] as number, adjacency.starts[row + 1] as number];
    const own = adjacency.columns.subarray(start, end).indexOf(row);
    rows.push(row);
    columns.push(row);
    weights.push(own === -1 ? 1 : (adjacency.values?.[start + own] ?? 1));
    for (let entry = start; entry < end; entry++) {
      if (entry === start + own) continue;
      rows.push(row);
      columns.push(adjacency.columns[entry] as number);
      weights.push(adjacency.values?.[entry] ?? 1);
    }
  }
  return SparseMatrix.fromEntries(
    [adjacency.rows, adjacency.cols],
    { rows, columns },
    adjacency.values && weights,
  );
}

/**
 * `D^(-1/2) (A + I) D^(-1/2)`, D the sums of the rows of `A + I`: the degrees, or the sums of the edges'
 * weights. A node whose weights add up to zero gets and sends nothing, as with `gcn_norm` of PyTorch
 * Geometric. Source: arXiv 1609.02907, equation 2.
 *
 * @throws PapilioError `SPARSE_MATRIX` for an adjacency that is not square, or a sum below zero
 */
export function normalizedAdjacency(adjacency: SparseMatrix): SparseMatrix {
  const looped = withSelfLoops(adjacency);
  const { rows, starts, columns } = looped;
  const weight = (entry: number): number => looped.values?.[entry] ?? 1;
  const factors = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let degree = 0;
    for (let entry = starts[row] as number; entry < (starts[row + 1] as number); entry++) {
      degree += weight(entry);
    }
    if (degree < 0) {
      throw new PapilioError(
        "SPARSE_MATRIX",
        `The weights of the edges to node ${row}, its own included, add up to ${degree}, which has no square root.`,
        "Give weights that add up to zero or more at every node.",
      );
    }
    factors[row] = degree === 0 ? 0 : 1 / Math.sqrt(degree);
  }
  const values = new Float64Array(looped.nonZeros);
  for (let row = 0; row < rows; row++) {
    for (let entry = starts[row] as number; entry < (starts[row + 1] as number); entry++) {
      const [own, other] = [factors[row] as number, factors[columns[entry] as number] as number];
      values[entry] = own * weight(entry) * other;
    }
  }
  return looped.withValues(values);
}

function requireSquare({ rows, cols }: SparseMatrix): void {
  if (rows === cols) return;
  throw new PapilioError(
    "SPARSE_MATRIX",
    `An adjacency of ${rows} x ${cols} is not square.`,
    "Give an entry of a node's row for each of its neighbours: as many columns as rows.",
  );
}
