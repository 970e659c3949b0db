import { requireWhole } from "@papilio/butterfly/errors";
import type { Layout, Operand } from "./kernel-call.ts";
import { tileWidth, vectorsBytes } from "./layout.ts";
import { requireLayout, vectorsOperand, wordsOperand } from "./problem.ts";

/** A graph in compressed sparse rows: its edges go from the columns to the rows. */
export interface GraphProblem {
  /** Nodes that get messages: vectors of y. */
  readonly nodes: number;
  /** Nodes that send them: vectors of x. */
  readonly sources: number;
  readonly edges: number;
  readonly features: number;
  /** Of y; x is in rows. */
  readonly to: Layout;
  /** Parts that the nodes are divided into: one less than the numbers of `rowParts`. */
  readonly parts: number;
}

/** @throws PapilioError `OPTION_INVALID` */
export function requireGraph(problem: GraphProblem): void {
  requireWhole("The number of nodes", problem.nodes, 1);
  requireWhole("The number of sources", problem.sources, 1);
  requireWhole("The number of edges", problem.edges, 0);
  requireWhole("The number of features", problem.features, 1);
  requireWhole("The number of parts", problem.parts, 1);
  requireLayout(problem.to);
}

/** Operands that each of the kernels begins with: x, y, starts, columns, parts. */
export function graphOperands(problem: GraphProblem): readonly Operand[] {
  const { nodes, sources, edges, features, to, parts } = problem;
  return [
    vectorsOperand("x", "read", "rows", { vectors: sources, features }),
    vectorsOperand("y", "write", to, { vectors: nodes, features }),
    wordsOperand("starts", nodes + 1),
    wordsOperand("columns", edges),
    wordsOperand("parts", parts + 1),
  ];
}

/** The words that their calls begin with. */
export function graphWords(
  { nodes, features, to }: GraphProblem,
  [x = 0, y = 0, starts = 0, columns = 0, parts = 0]: readonly number[],
): readonly number[] {
  return [x, y, starts, columns, parts, nodes, features, to === "tiles" ? 1 : 0];
}

/** Scratch memory for the rows of a tile, before they are brought to it. */
export function rowsBytes({ nodes, features, to }: GraphProblem): number {
  return to === "tiles" ? 4 * tileWidth(nodes) * features : 0;
}

/** Bytes that must be read, of each vector of x once, and written. */
export function graphBytes({ nodes, sources, edges, features, to }: GraphProblem): number {
  const vectors = vectorsBytes("rows", sources, features) + vectorsBytes(to, nodes, features);
  return vectors + 4 * (nodes + 1 + edges);
}
