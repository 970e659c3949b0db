import { verify } from "@papilio/butterfly";
import { uniform } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { drawGraph, turned } from "../../testing/draw-graph.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw, lay, lift, STORAGES } from "../../testing/vectors-in-memory.ts";
import { aggregateLargestKernel, largestNeighbourKernel } from "./kernel.ts";

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

/** The first of the numbers that is the largest, or the first that is NaN. */
function firstLargest(numbers: readonly number[]): number {
  const nan = numbers.findIndex(Number.isNaN);
  return nan >= 0 ? nan : numbers.indexOf(Math.max(...numbers));
}

describe.each(STORAGES)("from $from to $to in $dtype", ({ from, to, dtype }) => {
  it.for(sizes)("$nodes nodes of $features, weighted: $weighted", async (size, { skip }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const { nodes, sources, features, weighted, batches } = size;
    const { starts, columns } = drawGraph(nodes, sources);
    // Few different numbers, of which several are the largest.
    const x = draw(sources * features, dtype).map((number) => Math.round(3 * number));
    if (x.length > 9) x[4] = Number.NaN;
    const weights = Float32Array.from({ length: columns.length }, uniform(5));
    const weight = (edge: number): number => (weighted ? (weights[edge] as number) : 1);
    const chosen = Uint32Array.from({ length: nodes * features }, (_, at) => {
      const [node, feature] = [Math.floor(at / features), at % features];
      const [start, end] = [starts[node] as number, starts[node + 1] as number];
      if (start === end) return 2 ** 32 - 1;
      const messages = Array.from(columns.subarray(start, end), (column, edge) =>
        Math.fround(weight(start + edge) * (x[column * features + feature] as number)),
      );
      return columns[start + firstLargest(messages)] as number;
    });
    const y = await runKernel(
      gpu,
      largestNeighbourKernel({ ...size, from, to, dtype }),
      { x: lay(x, features, { batch: batches.from, layout: from }), starts, columns, weights },
      nodes * features,
    );
    expect(new Uint32Array(y.buffer, y.byteOffset, y.length)).toEqual(chosen);

    const back = turned({ starts, columns, sources });
    const dy = draw(nodes * features, dtype, 9);
    const reference = new Float64Array(sources * features);
    const magnitude = reference.slice();
    for (let node = 0; node < nodes; node++) {
      // A neighbour may be there twice: both edges are those of the one that was chosen.
      for (let edge = starts[node] as number; edge < (starts[node + 1] as number); edge++) {
        for (let feature = 0; feature < features; feature++) {
          const at = node * features + feature;
          if (chosen[at] !== columns[edge]) continue;
          const to = (columns[edge] as number) * features + feature;
          const number = weight(edge) * (dy[at] as number);
          reference[to] = (reference[to] as number) + number;
          magnitude[to] = (magnitude[to] as number) + Math.abs(number);
        }
      }
    }
    const turnedSize = { ...size, nodes: sources, sources: nodes };
    const backBatches = { from: batches.to, to: batches.from };
    const dx = await runKernel(
      gpu,
      aggregateLargestKernel({ ...turnedSize, batches: backBatches, from, to, dtype }),
      {
        x: lay(dy, features, { batch: batches.to, layout: from }),
        ...{ chosen, starts: back.starts, columns: back.columns },
        weights: Float32Array.from(back.numbers, (number) => weights[number] as number),
      },
      batches.from * features,
    );
    const found = lift(dx, features, sources, { batch: batches.from, layout: to });
    expect(found.restIsNaN).toBe(true);
    const rounding = { dtype, terms: columns.length + 1 };
    expect(verify(found.vectors, reference, magnitude, rounding)).toMatchObject({ ok: true });
  });
});
