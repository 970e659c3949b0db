import { LAYOUTS, verify } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { drawGraph } from "../../testing/draw-graph.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw, lay, lift, STORAGES } from "../../testing/vectors-in-memory.ts";
import { edgeAttentionGradientKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const SLOPE = 0.2;

const sizes = [
  { nodes: 1, heads: 1, headFeatures: 1, scale: 1, spare: 0 },
  { nodes: 19, heads: 4, headFeatures: 5, scale: 8, spare: 1 },
  // Exponentials of these scores overflow, and one neighbour often takes it all.
  { nodes: 30, heads: 2, headFeatures: 8, scale: 300, spare: 2 },
];

describe.each(STORAGES)("from $from to $to in $dtype", ({ from, to, dtype }) => {
  it.for(sizes.map((size, at) => ({ ...size, layout: LAYOUTS[at % 2] ?? from })))(
    "$nodes nodes, $heads heads of $headFeatures, $layout scores up to $scale",
    async (size, { skip }) => {
      skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
      const { nodes, heads, headFeatures, scale, layout, spare } = size;
      const features = heads * headFeatures;
      const { starts, columns } = drawGraph(nodes, nodes);
      const edges = columns.length;
      const vectors = draw(nodes * features, dtype);
      const gradients = draw(nodes * features, dtype, 11);
      // Powers of two times a random number: as exact in half precision.
      const [ofSources, ofTargets] = [8, 9].map((seed) =>
        draw(nodes * heads, dtype, seed).map((value) =>
          Math.fround(value * 2 ** Math.floor(Math.log2(scale))),
        ),
      ) as [Float32Array, Float32Array];
      const scoreShape = { batch: nodes + spare, layout };
      const batches = {
        ...{ from: nodes + spare, to: edges + spare },
        ...{ sourceScores: nodes + spare, targetScores: nodes + spare },
      };
      const dy = { layout: to, batch: nodes + spare };
      const y = await runKernel(
        gpu,
        edgeAttentionGradientKernel({
          ...{ nodes, heads, headFeatures, negativeSlope: SLOPE, batches },
          ...{ scoreLayout: layout, dy, from, to, dtype },
        }),
        {
          h: lay(vectors, features, { batch: batches.from, layout: from }),
          dy: lay(gradients, features, dy),
          sourceScores: lay(ofSources, heads, scoreShape),
          targetScores: lay(ofTargets, heads, scoreShape),
          ...{ starts, columns },
        },
        batches.to * 2 * heads,
      );
      const found = lift(y, 2 * heads, edges, { batch: batches.to, layout: to });
      expect(found.restIsNaN).toBe(true);

      const reference = new Float64Array(edges * 2 * heads);
      const magnitude = reference.slice();
      let most = 0;
      for (let index = 0; index < nodes * heads; index++) {
        const [node, head] = [Math.floor(index / heads), index % heads];
        const own = Array.from(
          columns.subarray(starts[node], starts[node + 1]),
          (column, at) => [column, (starts[node] as number) + at] as const,
        );
        most = Math.max(most, own.length);
        const sums = own.map(
          ([column]) => (ofSources[column * heads + head] as number) + (ofTargets[index] as number),
        );
        const scores = sums.map((sum) => (sum > 0 ? sum : SLOPE * sum));
        const largest = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - largest));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const terms = own.map(([column]) =>
          Array.from({ length: headFeatures }, (_, at) => {
            const feature = head * headFeatures + at;
            const number = vectors[column * features + feature] as number;
            return number * (gradients[node * features + feature] as number);
          }),
        );
        const dots = terms.map((numbers) => numbers.reduce((sum, number) => sum + number, 0));
        const sizesOf = terms.map((numbers) =>
          numbers.reduce((sum, number) => sum + Math.abs(number), 0),
        );
        const mean = (numbers: readonly number[]): number =>
          numbers.reduce((sum, number, at) => sum + number * (weights[at] as number), 0) / total;
        own.forEach(([, edge], at) => {
          const weight = (weights[at] as number) / total;
          const slope = (sums[at] as number) > 0 ? 1 : SLOPE;
          const place = edge * 2 * heads + head;
          reference[place] = weight;
          magnitude[place] = weight;
          reference[place + heads] = weight * ((dots[at] as number) - mean(dots)) * slope;
          magnitude[place + heads] = weight * ((sizesOf[at] as number) + mean(sizesOf)) * slope;
        });
      }
      const terms = roundings(most, headFeatures, scale);
      expect(verify(found.vectors, reference, magnitude, { dtype, terms })).toMatchObject({
        ok: true,
      });
    },
  );
});

/**
 * Roundings of one unit each that an output has had. Those of a weight are explained with the test of graph attention;
 * the gradient of a score has them twice, in its weight and in the mean that it is compared with, and those of the dot
 * products and of the mean's sum.
 */
function roundings(degree: number, headFeatures: number, scale: number): number {
  const argument = (1 + 1 + 1 + 1) * 2 * scale + 2 * 2 * scale;
  const exponential = 3 + 2 * Math.min(88, 4 * scale);
  const weight = 2 * (argument + exponential) + degree + 3;
  return Math.ceil(2 * weight + headFeatures + degree + 8);
}
