import { expect, it } from "vitest";
import { draw } from "../testing/draw.ts";
import { expectWithin, SMALLEST, UNIT } from "../testing/expect-within.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { entriesOf, sparseRows } from "../testing/sparse-rows.ts";
import { edgeAttentionGradient } from "./edge-attention-gradient.ts";
import { rowParts } from "./row-parts.ts";

const SHAPES: readonly [nodes: number, sources: number, heads: number, headFeatures: number][] = [
  [1, 5, 1, 3],
  [7, 9, 2, 1],
  [20, 30, 8, 8],
  [35, 21, 3, 5],
  [16, 40, 1, 35],
];
const SLOPE = Math.fround(0.2);
const LARGEST_SCORE = 20;

it.each(SHAPES)("%d nodes attend to %d, with %d heads of %d features", (...shape) => {
  const [nodes, count, heads, headFeatures] = shape;
  const graph = sparseRows(nodes, count, 17);
  const { starts, columns } = graph;
  const features = heads * headFeatures;
  const x = draw(count * features, 14);
  const dy = draw(nodes * features, 18);
  const sources = draw(count * heads, 15).map((number) => (LARGEST_SCORE / 2) * number);
  const targets = draw(nodes * heads, 16).map((number) => (LARGEST_SCORE / 2) * number);
  const edges = columns.length;
  const expected = new Float64Array(edges * 2 * heads);
  const bounds = new Float64Array(edges * 2 * heads);
  let mostEdges = 0;
  for (let node = 0; node < nodes; node++) {
    const own = entriesOf(graph, node);
    mostEdges = Math.max(mostEdges, own.length);
    for (let head = 0; head < heads; head++) {
      const sums = own.map((edge) => {
        const source = sources[(columns[edge] as number) * heads + head] as number;
        return source + (targets[node * heads + head] as number);
      });
      const scores = sums.map((sum) => (sum > 0 ? sum : SLOPE * sum));
      const most = Math.max(...scores);
      const exponentials = scores.map((score) => Math.exp(score - most));
      const total = exponentials.reduce((sum, number) => sum + number, 0);
      const products = own.map((edge) =>
        Array.from({ length: headFeatures }, (_, at) => {
          const feature = head * headFeatures + at;
          const number = x[(columns[edge] as number) * features + feature] as number;
          return number * (dy[node * features + feature] as number);
        }),
      );
      const dots = products.map((terms) => terms.reduce((sum, term) => sum + term, 0));
      const largest = Math.max(
        ...products.map((terms) => terms.reduce((sum, term) => sum + Math.abs(term), 0)),
      );
      const mean =
        exponentials.reduce((sum, number, at) => sum + number * (dots[at] as number), 0) / total;
      // Of the exponents, whose terms are below twice the largest score; the exponential; the sum and the quotient.
      const ofWeight = 2 * (3 * 2 * LARGEST_SCORE + 3) + own.length + 2;
      // Of the product, twice with its mean; of each dot product and of the mean's sum.
      const ofScore = 3 * ofWeight + 2 * headFeatures + own.length + 12;
      own.forEach((edge, at) => {
        const weight = (exponentials[at] as number) / total;
        const slope = (sums[at] as number) > 0 ? 1 : SLOPE;
        const place = edge * 2 * heads + head;
        const lost = 4 * SMALLEST * own.length;
        expected[place] = weight;
        bounds[place] = ofWeight * UNIT * weight + lost;
        expected[place + heads] = weight * ((dots[at] as number) - mean) * slope;
        bounds[place + heads] = largest * (ofScore * UNIT * weight + lost) + lost;
      });
    }
  }
  const parts = rowParts(starts, 2000, "rows");
  const call = edgeAttentionGradient({
    ...{ nodes, sources: count, edges, features, parts: parts.length - 1 },
    ...{ heads, negativeSlope: SLOPE, mostEdges },
  });
  for (const simd of BOTH_SIMDS) {
    const given = { x, starts, columns, parts, sources, targets, dy };
    const { y } = runKernel(call, given, { simd, order: "backwards" });
    expectWithin(y, expected, (at) => bounds[at] as number);
  }
});

it("refuses heads that do not divide the features", () => {
  const graph = { nodes: 2, sources: 3, edges: 4, features: 6, parts: 1 } as const;
  const problem = { ...graph, heads: 2, negativeSlope: 0.2, mostEdges: 2 };
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  expect(() => edgeAttentionGradient(problem)).not.toThrow();
  const dropout = { rate: 1, stream: 0 };
  for (const fields of [
    ...[{ heads: 4 }, { negativeSlope: Number.NaN }, { mostEdges: -1 }],
    ...[{ dropout }, { dropout: { rate: 0.5, stream: -1 } }],
  ]) {
    expect(() => edgeAttentionGradient({ ...problem, ...fields })).toThrow(refused);
  }
});
