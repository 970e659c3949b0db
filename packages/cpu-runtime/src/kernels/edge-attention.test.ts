import { describe, expect, it } from "vitest";
import { draw } from "../testing/draw.ts";
import { expectWithin, SMALLEST, UNIT } from "../testing/expect-within.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { entriesOf, type SparseRows, sparseRows } from "../testing/sparse-rows.ts";
import { edgeAttention } from "./edge-attention.ts";
import { rowParts } from "./row-parts.ts";

const SHAPES: readonly [nodes: number, sources: number, heads: number, headFeatures: number][] = [
  [1, 5, 1, 3],
  [7, 9, 2, 1],
  [20, 30, 8, 8],
  [35, 21, 3, 5],
  [16, 40, 1, 35],
];
const SLOPE = Math.fround(0.2);

interface Operands {
  readonly x: Float32Array;
  readonly sources: Float32Array;
  readonly targets: Float32Array;
}

function operandsOf(nodes: number, count: number, heads: number, headFeatures: number): Operands {
  return {
    x: draw(count * heads * headFeatures, 14),
    // Scores of some size, so that the weights differ.
    sources: draw(count * heads, 15).map((number) => 20 * number),
    targets: draw(nodes * heads, 16).map((number) => 20 * number),
  };
}

/** Runs it in both layouts with both kinds of SIMD. */
function check(graph: SparseRows, heads: number, headFeatures: number, operands: Operands): void {
  const { starts, columns, rows: nodes, cols } = graph;
  const results = reference(graph, heads, headFeatures, operands);
  const degrees = Array.from({ length: nodes }, (_, node) => entriesOf(graph, node).length);
  const size = { nodes, sources: cols, edges: columns.length, features: heads * headFeatures };
  for (const to of ["tiles", "rows"] as const) {
    const parts = rowParts(starts, 2000, to);
    const call = edgeAttention({
      ...{ ...size, to, parts: parts.length - 1, heads },
      ...{ negativeSlope: SLOPE, mostEdges: Math.max(...degrees) },
    });
    for (const simd of BOTH_SIMDS) {
      const given = { ...operands, starts, columns, parts };
      const { y } = runKernel(call, given, { simd, order: "backwards" });
      const expected = results.map(([value]) => value);
      expectWithin(y, expected, (index) => results[index]?.[1] as number);
    }
  }
}

function reference(
  graph: SparseRows,
  heads: number,
  headFeatures: number,
  { x, sources, targets }: Operands,
): (readonly [value: number, bound: number])[] {
  const features = heads * headFeatures;
  return Array.from({ length: graph.rows * features }, (_, at) => {
    const [node, feature] = [Math.floor(at / features), at % features];
    const head = Math.floor(feature / headFeatures);
    const neighbours = entriesOf(graph, node).map((edge) => graph.columns[edge] as number);
    if (neighbours.length === 0) return [0, 0];
    const scores = neighbours.map((neighbour) => {
      const sum =
        (sources[neighbour * heads + head] as number) + (targets[node * heads + head] as number);
      return sum > 0 ? sum : SLOPE * sum;
    });
    const most = Math.max(...scores);
    const weights = scores.map((score) => Math.exp(score - most));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const messages = weights.map(
      (weight, index) => weight * (x[(neighbours[index] as number) * features + feature] as number),
    );
    const value = messages.reduce((sum, message) => sum + message, 0) / total;
    const size = messages.reduce((sum, message) => sum + Math.abs(message), 0) / total;
    // Of the exponents, whose terms are below 40; of the exponential; of the sums and the quotient.
    const units = 2 * 3 * 40 + 3 + 2 * (neighbours.length + 2);
    const lost = 4 * SMALLEST * neighbours.length;
    return [value, units * UNIT * size + lost];
  });
}

describe("graph attention", () => {
  it.each(SHAPES)("of %d nodes, among %d, with %d heads of %d features", (...shape) => {
    const [nodes, count, heads, headFeatures] = shape;
    const graph = sparseRows(nodes, count, 17);
    check(graph, heads, headFeatures, operandsOf(nodes, count, heads, headFeatures));
  });

  it("with NaN and infinities among vectors and scores", () => {
    const graph = sparseRows(9, 12, 18);
    const operands = operandsOf(9, 12, 2, 5);
    operands.x[3] = Number.NaN;
    operands.x[25] = Number.NEGATIVE_INFINITY;
    operands.sources[4] = Number.NEGATIVE_INFINITY;
    operands.sources[9] = Number.POSITIVE_INFINITY;
    operands.targets[6] = Number.NaN;
    check(graph, 2, 5, operands);
  });
});

it("refuses heads that do not divide the features", () => {
  const graph = { nodes: 2, sources: 3, edges: 4, features: 6, to: "rows", parts: 1 } as const;
  const problem = { ...graph, heads: 2, negativeSlope: 0.2, mostEdges: 2 };
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  expect(() => edgeAttention(problem)).not.toThrow();
  const dropout = { rate: 1, stream: 0 };
  for (const fields of [
    ...[{ heads: 4 }, { negativeSlope: Number.NaN }, { mostEdges: -1 }],
    ...[{ dropout }, { dropout: { rate: 0.5, stream: -1 } }],
  ]) {
    expect(() => edgeAttention({ ...problem, ...fields })).toThrow(refused);
  }
});
