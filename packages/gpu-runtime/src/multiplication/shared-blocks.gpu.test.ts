import { Butterfly, Chain, KroneckerSparse, LAYOUTS, type Pattern } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { factorByFactor, type Plan } from "../planning/plan.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { runButterfly } from "../testing/run-butterfly.ts";
import { prepareButterfly } from "./butterfly.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

/** A factor of the Walsh-Hadamard matrix: every block is [[1, 1], [1, -1]]. */
function hadamardFactor(pattern: Pattern): KroneckerSparse {
  const { a, d, nonZeros } = pattern;
  const values = new Float32Array(nonZeros).fill(1);
  for (let i = 0; i < a; i++) values.fill(-1, (i * 4 + 3) * d, (i * 4 + 4) * d);
  return new KroneckerSparse(pattern, values);
}

describe.each(LAYOUTS)("a Hadamard chain of 1024, %s", (layout) => {
  const chain = Chain.squareDyadic(1024);
  const hadamard = new Butterfly(chain.patterns.map(hadamardFactor));
  const shape = { batch: 16, layout, dtype: "f32" } as const;
  const triples: Plan = {
    layout,
    stages: [
      ...[0, 3, 6].map((from) => ({ from, to: from + 3, how: "fuse" as const })),
      { from: 9, to: 10, how: "multiply" },
    ],
  };

  it.for([
    ["factor by factor", factorByFactor(chain, layout)],
    ["fused", triples],
  ] as const)("is right %s, and its weights take next to nothing", async ([, plan]) => {
    for (const matrix of [hadamard, hadamard.share()]) {
      const { found } = await runButterfly(gpu, matrix, shape, { plan });
      expect(found).toMatchObject({ ok: true, nonFinite: 0 });
    }
    using shared = prepareButterfly(gpu, hadamard, shape, { plan });
    using full = prepareButterfly(gpu, Butterfly.random(chain, { seed: 1 }), shape, { plan });
    expect(full.bytes).toBeGreaterThanOrEqual(4 * chain.nonZeros);
    expect(shared.bytes).toBeLessThan(full.bytes / 50);
  });
});
