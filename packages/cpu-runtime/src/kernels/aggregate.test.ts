import { describe, expect, it } from "vitest";
import { draw } from "../testing/draw.ts";
import { expectWithin } from "../testing/expect-within.ts";
import { reduced } from "../testing/reduce.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { entriesOf, sparseRows } from "../testing/sparse-rows.ts";
import { aggregate } from "./aggregate.ts";
import { rowParts } from "./row-parts.ts";

const SHAPES: readonly [nodes: number, sources: number, features: number][] = [
  [1, 6, 3],
  [3, 5, 1],
  [9, 12, 7],
  [35, 20, 16],
  [40, 30, 53],
];

describe.each(["sum", "mean", "max"] as const)("the %s of neighbours", (reduce) => {
  it.each(SHAPES)("of %d nodes, among %d of %d features", (nodes, sources, features) => {
    const graph = sparseRows(nodes, sources, 11);
    const { starts, columns } = graph;
    const x = draw(sources * features, 12);
    x.set([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], 0);
    const weights = draw(columns.length, 13);
    for (const weighted of [false, true]) {
      const results = Array.from({ length: nodes * features }, (_, at) => {
        const [node, feature] = [Math.floor(at / features), at % features];
        const messages = entriesOf(graph, node).map((edge) => {
          const number = x[(columns[edge] as number) * features + feature] as number;
          return (weighted ? (weights[edge] as number) : 1) * number;
        });
        return reduced(reduce, messages);
      });
      for (const to of ["tiles", "rows"] as const) {
        // Small parts, to have several.
        const parts = rowParts(starts, 2000, to);
        const size = { nodes, sources, edges: columns.length, features };
        const call = aggregate({ ...size, to, parts: parts.length - 1, reduce, weighted });
        for (const simd of BOTH_SIMDS) {
          const operands = { x, starts, columns, parts, weights };
          const { y } = runKernel(call, operands, { simd, order: "backwards" });
          const expected = results.map(([value]) => value);
          expectWithin(y, expected, (index) => results[index]?.[1] as number);
        }
      }
    }
  });
});

it("refuses what is no graph", () => {
  const problem = { nodes: 2, sources: 3, edges: 4, features: 5, to: "rows", parts: 1 };
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  const others = { reduce: "sum", weighted: false };
  for (const fields of [
    { nodes: 0 },
    { sources: 0 },
    { edges: -1 },
    { to: "x" },
    { reduce: "x" },
  ]) {
    expect(() => aggregate({ ...problem, ...others, ...fields } as never)).toThrow(refused);
  }
});
