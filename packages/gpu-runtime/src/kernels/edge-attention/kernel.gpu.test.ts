import { LAYOUTS, verify } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { drawGraph } from "../../testing/draw-graph.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw, lay, lift, STORAGES } from "../../testing/vectors-in-memory.ts";
import { edgeAttentionKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const SLOPE = 0.2;

const sizes = [
  {
    nodes: 1,
    heads: 1,
    headFeatures: 1,
    scale: 1,
    batches: { from: 1, to: 1, sourceScores: 1, targetScores: 1 },
  },
  // All heads together could be read four at a time, one alone could not.
  {
    nodes: 19,
    heads: 4,
    headFeatures: 5,
    scale: 8,
    batches: { from: 20, to: 22, sourceScores: 19, targetScores: 19 },
  },
  // Exponentials of these scores overflow, and one neighbour often takes it all.
  {
    nodes: 30,
    heads: 2,
    headFeatures: 8,
    scale: 300,
    batches: { from: 30, to: 32, sourceScores: 33, targetScores: 33 },
  },
];

describe.each(STORAGES)("from $from to $to in $dtype", ({ from, to, dtype }) => {
  it.for(LAYOUTS.flatMap((scoreLayout) => sizes.map((size) => ({ ...size, scoreLayout }))))(
    "$nodes nodes, $heads heads of $headFeatures, $scoreLayout scores up to $scale",
    async (size, { skip }) => {
      skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
      const { nodes, heads, headFeatures, scale, batches, scoreLayout } = size;
      const kernel = edgeAttentionKernel({ ...size, negativeSlope: SLOPE, from, to, dtype });
      const features = heads * headFeatures;
      const { starts, columns } = drawGraph(nodes, nodes);
      const vectors = draw(nodes * features, dtype);
      // Powers of two times a random number: as exact in half precision.
      const [ofSources, ofTargets] = [8, 9].map((seed) =>
        draw(nodes * heads, dtype, seed).map((value) =>
          Math.fround(value * 2 ** Math.floor(Math.log2(scale))),
        ),
      ) as [Float32Array, Float32Array];
      const scoreShape = { batch: batches.sourceScores, layout: scoreLayout };
      const inputs = {
        h: lay(vectors, features, { batch: batches.from, layout: from }),
        sourceScores: lay(ofSources, heads, scoreShape),
        targetScores: lay(ofTargets, heads, scoreShape),
        starts,
        columns,
      };
      const y = await runKernel(gpu, kernel, inputs, batches.to * features);
      const found = lift(y, features, nodes, { batch: batches.to, layout: to });
      expect(found.restIsNaN).toBe(true);

      const reference = new Float64Array(nodes * features);
      const magnitude = new Float64Array(nodes * features);
      for (let index = 0; index < reference.length; index++) {
        const [node, feature] = [Math.floor(index / features), index % features];
        const head = Math.floor(feature / headFeatures);
        const neighbours = [...columns.subarray(starts[node], starts[node + 1])];
        const scores = neighbours.map((column) => {
          const score =
            (ofSources[column * heads + head] as number) +
            (ofTargets[node * heads + head] as number);
          return score > 0 ? score : SLOPE * score;
        });
        const largest = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - largest));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        neighbours.forEach((column, edge) => {
          const share =
            ((weights[edge] as number) / total) * (vectors[column * features + feature] as number);
          reference[index] = (reference[index] as number) + share;
          magnitude[index] = (magnitude[index] as number) + Math.abs(share);
        });
      }
      const degree = Math.max(
        ...Array.from(
          { length: nodes },
          (_, node) => (starts[node + 1] as number) - (starts[node] as number),
        ),
      );
      const terms = roundings(degree, scale);
      expect(verify(found.vectors, reference, magnitude, { dtype, terms })).toMatchObject({
        ok: true,
      });
    },
  );
});

it("refuses a rate of dropout that keeps nothing", () => {
  const storage = { from: "batch-first", to: "batch-first", dtype: "f32" } as const;
  const batches = { from: 2, to: 2, sourceScores: 2, targetScores: 2 };
  const problem = { ...storage, batches, nodes: 2, heads: 1, headFeatures: 3, negativeSlope: 0.2 };
  const wrong = {
    ...problem,
    scoreLayout: "batch-first",
    dropout: { rate: 1, stream: 0 },
  } as const;
  expect(() => edgeAttentionKernel(wrong)).toThrow(
    expect.objectContaining({ code: "KERNEL_PROBLEM" }),
  );
});

/**
 * Roundings of one unit each that an output has had. Scores are at most `2·scale` and are rounded
 * by the addition, the slope and the difference from the largest, which is rounded like them: at most
 * `2·scale` units each time, or twice that. The exponential of `t` is within `3 + 2·|t|` ulp (WGSL,
 * section 15.7.4), where `t` is a difference, but one below -88 is nothing next to the largest. Both the
 * weight and the sum that it is divided by have these errors. The two sums add one for each neighbour,
 * the product and the division four.
 */
function roundings(degree: number, scale: number): number {
  const argument = (1 + 1 + 1 + 1) * 2 * scale + 2 * 2 * scale;
  const exponential = 3 + 2 * Math.min(88, 4 * scale);
  return Math.ceil(2 * (argument + exponential) + 2 * degree + 4);
}
