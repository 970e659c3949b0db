import { verify } from "@papilio/butterfly";
import { uniform } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { drawGraph } from "../../testing/draw-graph.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw, lay, lift, STORAGES } from "../../testing/vectors-in-memory.ts";
import { aggregateKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const sizes = [
  { nodes: 1, sources: 1, features: 1, weighted: false, batches: { from: 1, to: 1 } },
  { nodes: 19, sources: 11, features: 5, weighted: true, batches: { from: 13, to: 22 } },
  { nodes: 30, sources: 30, features: 8, weighted: false, batches: { from: 32, to: 32 } },
];

describe.each(STORAGES)("from $from to $to in $dtype", ({ from, to, dtype }) => {
  it.for(
    (["sum", "mean", "max"] as const).flatMap((reduce) =>
      sizes.map((size) => ({ ...size, reduce })),
    ),
  )("$reduce for $nodes nodes of $features, weighted: $weighted", async (size, { skip }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const { nodes, sources, features, weighted, batches, reduce } = size;
    const kernel = aggregateKernel({ ...size, from, to, dtype });
    const { starts, columns } = drawGraph(nodes, sources);
    const vectors = draw(sources * features, dtype);
    const weights = Float32Array.from({ length: columns.length }, uniform(5));
    const inputs = {
      x: lay(vectors, features, { batch: batches.from, layout: from }),
      starts,
      columns,
      weights,
    };
    const y = await runKernel(gpu, kernel, inputs, batches.to * features);
    const found = lift(y, features, nodes, { batch: batches.to, layout: to });
    expect(found.restIsNaN).toBe(true);

    const messages = Array.from({ length: nodes * features }, (_, index) => {
      const [node, feature] = [Math.floor(index / features), index % features];
      const edges = columns.subarray(starts[node], starts[node + 1]);
      return Array.from(edges, (column, edge) => {
        const weight = weights[(starts[node] as number) + edge] as number;
        return (weighted ? weight : 1) * (vectors[column * features + feature] as number);
      });
    });
    const reduced = (values: readonly number[]): number => {
      if (values.length === 0) return 0;
      if (reduce === "max") return Math.max(...values);
      const sum = values.reduce((total, value) => total + value, 0);
      return reduce === "mean" ? sum / values.length : sum;
    };
    const reference = Float64Array.from(messages, reduced);
    const magnitude = Float64Array.from(messages, (values) => reduced(values.map(Math.abs)));
    // One product for each edge, and up to 2.5 ulp of a mean's division.
    const terms = Math.max(...messages.map((values) => values.length)) + 3;
    expect(verify(found.vectors, reference, magnitude, { dtype, terms })).toMatchObject({
      ok: true,
    });
  });
});

it("reads nothing outside of the sources, and no more edges than there are", async () => {
  const kernel = aggregateKernel({
    nodes: 2,
    sources: 2,
    features: 1,
    reduce: "sum",
    weighted: false,
    batches: { from: 2, to: 2 },
    from: "batch-first",
    to: "batch-first",
    dtype: "f32",
  });
  const inputs = {
    x: Float32Array.of(1, 2),
    starts: Uint32Array.of(0, 1, 2 ** 32 - 1),
    // As many as a binding of the smallest size holds.
    columns: Uint32Array.of(2, 0, 0, 2 ** 32 - 1),
  };
  expect([...(await runKernel(gpu, kernel, inputs, 2))]).toEqual([2, 4]);
});
