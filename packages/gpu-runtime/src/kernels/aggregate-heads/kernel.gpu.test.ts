import { LAYOUTS, verify } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { drawGraph } from "../../testing/draw-graph.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw, lay, lift, STORAGES } from "../../testing/vectors-in-memory.ts";
import { aggregateHeadsKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const sizes = [
  { nodes: 1, sources: 1, heads: 1, headFeatures: 1, batches: { from: 1, to: 1 } },
  { nodes: 19, sources: 11, heads: 4, headFeatures: 5, batches: { from: 13, to: 22 } },
  { nodes: 30, sources: 30, heads: 2, headFeatures: 8, batches: { from: 32, to: 32 } },
];

describe.each(STORAGES)("from $from to $to in $dtype", ({ from, to, dtype }) => {
  it.for(sizes.map((size, at) => ({ ...size, layout: LAYOUTS[at % 2] ?? from })))(
    "$nodes nodes, $heads heads of $headFeatures, $layout weights",
    async (size, { skip }) => {
      skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
      const { nodes, sources, heads, headFeatures, batches, layout } = size;
      const features = heads * headFeatures;
      const { starts, columns } = drawGraph(nodes, sources);
      const edges = columns.length;
      const weights = { layout, batch: edges + 2, features: 2 * heads };
      const numbers = Uint32Array.from({ length: edges }, (_, edge) => edges - 1 - edge);
      const vectors = draw(sources * features, dtype);
      const weightNumbers = draw(edges * weights.features, dtype, 8);
      const y = await runKernel(
        gpu,
        aggregateHeadsKernel({ ...size, from, to, dtype, weights }),
        {
          x: lay(vectors, features, { batch: batches.from, layout: from }),
          weights: lay(weightNumbers, weights.features, weights),
          ...{ starts, columns, numbers },
        },
        batches.to * features,
      );
      const found = lift(y, features, nodes, { batch: batches.to, layout: to });
      expect(found.restIsNaN).toBe(true);
      const reference = new Float64Array(nodes * features);
      const magnitude = reference.slice();
      for (let at = 0; at < reference.length; at++) {
        const [node, feature] = [Math.floor(at / features), at % features];
        const head = Math.floor(feature / headFeatures);
        for (let edge = starts[node] as number; edge < (starts[node + 1] as number); edge++) {
          const weight = weightNumbers[(numbers[edge] as number) * weights.features + head];
          const number = vectors[(columns[edge] as number) * features + feature] as number;
          const term = (weight as number) * number;
          reference[at] = (reference[at] as number) + term;
          magnitude[at] = (magnitude[at] as number) + Math.abs(term);
        }
      }
      const rounding = { dtype, terms: 10 };
      expect(verify(found.vectors, reference, magnitude, rounding)).toMatchObject({ ok: true });
    },
  );
});
