import { expect, it } from "vitest";
import { draw } from "../testing/draw.ts";
import { expectWithin, UNIT } from "../testing/expect-within.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { entriesOf, sparseRows } from "../testing/sparse-rows.ts";
import { aggregateHeads } from "./aggregate-heads.ts";
import { rowParts } from "./row-parts.ts";

const SHAPES: readonly [nodes: number, sources: number, heads: number, headFeatures: number][] = [
  [1, 5, 1, 3],
  [7, 9, 2, 1],
  [20, 30, 8, 8],
  [35, 21, 3, 5],
  [16, 40, 1, 35],
];

it.each(SHAPES)("%d nodes sum %d, with %d heads of %d features", (...shape) => {
  const [nodes, sources, heads, headFeatures] = shape;
  const graph = sparseRows(nodes, sources, 11);
  const { starts, columns } = graph;
  const edges = columns.length;
  const features = heads * headFeatures;
  const weightFeatures = 2 * heads;
  const x = draw(sources * features, 12);
  x[1] = Number.NEGATIVE_INFINITY;
  const weights = draw(edges * weightFeatures, 13);
  // The weights of the edges are in another order.
  const numbers = Uint32Array.from({ length: edges }, (_, edge) => edges - 1 - edge);
  const messages = Array.from({ length: nodes * features }, (_, at) => {
    const [node, feature] = [Math.floor(at / features), at % features];
    return entriesOf(graph, node).map((edge) => {
      const number = (numbers[edge] as number) * weightFeatures;
      const weight = weights[number + Math.floor(feature / headFeatures)] as number;
      return weight * (x[(columns[edge] as number) * features + feature] as number);
    });
  });
  const sum = (terms: readonly number[]): number => terms.reduce((total, term) => total + term, 0);
  const mostEdges = Math.max(...messages.map(({ length }) => length));
  for (const to of ["tiles", "rows"] as const) {
    const parts = rowParts(starts, 2000, to);
    const call = aggregateHeads({
      ...{ nodes, sources, edges, features, to, parts: parts.length - 1 },
      ...{ heads, weightFeatures, mostEdges },
    });
    for (const simd of BOTH_SIMDS) {
      const given = { x, starts, columns, parts, weights, numbers };
      const { y } = runKernel(call, given, { simd, order: "backwards" });
      expectWithin(y, messages.map(sum), (at) => {
        const terms = messages[at] as number[];
        return (terms.length + 1) * UNIT * sum(terms.map(Math.abs));
      });
    }
  }
});

it("refuses heads that do not divide the features, and weights of fewer", () => {
  const graph = { nodes: 2, sources: 3, edges: 4, features: 6, to: "rows", parts: 1 } as const;
  const problem = { ...graph, heads: 2, weightFeatures: 4, mostEdges: 2 };
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  expect(() => aggregateHeads(problem)).not.toThrow();
  for (const fields of [{ heads: 4 }, { weightFeatures: 1 }, { mostEdges: -1 }]) {
    expect(() => aggregateHeads({ ...problem, ...fields })).toThrow(refused);
  }
});
