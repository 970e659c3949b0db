import { expect, it } from "vitest";
import { draw } from "../testing/draw.ts";
import { expectWithin, UNIT } from "../testing/expect-within.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { entriesOf, sparseRows, turned } from "../testing/sparse-rows.ts";
import { aggregateLargest, largestNeighbour } from "./aggregate-largest.ts";
import { rowParts } from "./row-parts.ts";

const SHAPES: readonly [nodes: number, sources: number, features: number][] = [
  [1, 6, 3],
  [3, 5, 1],
  [9, 12, 7],
  [35, 20, 16],
  [40, 30, 53],
];

/** The first of the numbers that is the largest, or the first that is NaN. */
function firstLargest(numbers: readonly number[]): number {
  const nan = numbers.findIndex(Number.isNaN);
  return nan >= 0 ? nan : numbers.indexOf(Math.max(...numbers));
}

it.each(SHAPES)("the largest neighbours of %d nodes, among %d of %d features", (...shape) => {
  const [nodes, sources, features] = shape;
  const graph = sparseRows(nodes, sources, 11);
  const { starts, columns } = graph;
  const back = turned(graph);
  // Few different numbers, of which several are the largest.
  const x = draw(sources * features, 12).map((number) => Math.round(3 * number));
  x.set([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], 0);
  const dy = draw(nodes * features, 14);
  const edges = columns.length;
  for (const weighted of [false, true]) {
    const weights = draw(edges, 13).map((weight) => Math.round(2 * weight));
    const chosen = Uint32Array.from({ length: nodes * features }, (_, at) => {
      const [node, feature] = [Math.floor(at / features), at % features];
      const found = entriesOf(graph, node);
      const messages = found.map((edge) => {
        const number = x[(columns[edge] as number) * features + feature] as number;
        return (weighted ? (weights[edge] as number) : 1) * number;
      });
      const first = found[firstLargest(messages)];
      return first === undefined ? 2 ** 32 - 1 : (columns[first] as number);
    });
    const [sums, sizes] = [new Float64Array(x.length), new Float64Array(x.length)];
    chosen.forEach((source, at) => {
      const [node, feature] = [Math.floor(at / features), at % features];
      const edge = entriesOf(graph, node).find((entry) => columns[entry] === source);
      if (edge === undefined) return;
      const number = (weighted ? (weights[edge] as number) : 1) * (dy[at] as number);
      const to = source * features + feature;
      sums[to] = (sums[to] as number) + number;
      sizes[to] = (sizes[to] as number) + Math.abs(number);
    });
    const parts = rowParts(starts, 2000, "rows");
    const size = { edges, features, weighted };
    const find = largestNeighbour({ ...size, nodes, sources, parts: parts.length - 1 });
    for (const simd of BOTH_SIMDS) {
      const options = { simd, order: "backwards" } as const;
      const found = runKernel(find, { x, starts, columns, parts, weights }, options).y;
      expect(new Uint32Array((found as Float32Array).buffer)).toEqual(chosen);
      for (const to of ["tiles", "rows"] as const) {
        const backParts = rowParts(back.starts, 2000, to);
        const given = {
          ...{ x: dy, starts: back.starts, columns: back.columns, parts: backParts },
          chosen: new Float32Array(chosen.buffer),
          weights: Float32Array.from(back.numbers, (number) => weights[number] as number),
        };
        const call = aggregateLargest({
          ...{ ...size, nodes: sources, sources: nodes, to, parts: backParts.length - 1 },
        });
        const { y } = runKernel(call, given, options);
        expectWithin(y, sums, (at) => (nodes + 1) * UNIT * (sizes[at] as number));
      }
    }
  }
});

it("refuses what is no graph", () => {
  const problem = { nodes: 2, sources: 3, edges: 4, features: 5, parts: 1, weighted: false };
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  for (const fields of [{ nodes: 0 }, { edges: -1 }, { weighted: 1 }]) {
    const wrong = { ...problem, ...fields } as never;
    expect(() => largestNeighbour(wrong)).toThrow(refused);
    expect(() => aggregateLargest({ ...(wrong as object), to: "rows" } as never)).toThrow(refused);
  }
  expect(() => aggregateLargest({ ...problem, to: "x" } as never)).toThrow(refused);
});
