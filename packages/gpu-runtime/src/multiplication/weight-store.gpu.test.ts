import { Butterfly, Chain, type Layout, type StorageDtype } from "@papilio/butterfly";
import { uniform } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { runMultiplication, stored } from "../testing/run-butterfly.ts";
import { withSharedBlocks } from "../testing/with-shared-blocks.ts";
import { prepareButterfly } from "./butterfly.ts";
import { WeightStore } from "./weight-store.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const right = { ok: true, nonFinite: 0 };

const MATRICES: Readonly<Record<string, Butterfly>> = {
  dense: Butterfly.random(Chain.parse("1,16,24,1"), { seed: 1 }),
  "dense with few outputs": Butterfly.random(Chain.parse("1,3,8,1"), { seed: 2 }),
  blocks: Butterfly.random(Chain.parse("3,8,4,2"), { seed: 3 }),
  "small blocks": Butterfly.random(Chain.parse("4,2,3,8"), { seed: 4 }),
  "equal blocks": withSharedBlocks(Butterfly.random(Chain.parse("3,6,4,4"), { seed: 5 })),
  Monarch: Butterfly.random(Chain.monarch(36), { seed: 6 }),
  dyadic: Butterfly.random(Chain.squareDyadic(16), { seed: 7 }),
};

const CASES: readonly (readonly [name: string, matrix: Butterfly, dtype: StorageDtype])[] = [
  ...Object.entries(MATRICES).map(([name, matrix]) => [name, matrix, "f32"] as const),
  ["blocks in f16", MATRICES.blocks as Butterfly, "f16"],
  ["dyadic in f16", MATRICES.dyadic as Butterfly, "f16"],
];

describe("weights", () => {
  it.for(CASES)(
    "of a matrix are on the device once, whatever the batch: %s",
    async ([, matrix, dtype], { skip }) => {
      skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
      const before = gpu.memory.statistics.inUse;
      using store = new WeightStore(gpu);
      const given = stored(matrix, { dtype });
      const bias = Float32Array.from({ length: given.chain.rows }, uniform(9));
      const owners = [1, 32, 1].map((batch) => ({ batch, weights: store.open() }));
      const bytes: number[] = [];
      const alone: number[] = [];
      for (const { batch, weights } of owners) {
        const shape = { batch, layout: "batch-last" as Layout, dtype };
        using shared = prepareButterfly(gpu, given, shape, { bias, weights });
        const { found } = await runMultiplication(gpu, shared, given, shape, shared.terms, {
          bias,
        });
        expect(found, `batch ${batch}`).toMatchObject(right);
        bytes.push(store.bytes);
        alone.push(shared.bytes);
      }
      expect(bytes[0]).toBeGreaterThan(0);
      expect(bytes).toEqual(bytes.map(() => bytes[0]));
      // Of one vector, and of a chunk of a prompt: nothing but what is shared.
      expect(alone).toEqual([0, 0, 0]);
      for (const { weights } of owners.slice(0, -1)) weights.dispose();
      expect(store.bytes).toBe(bytes[0]);
      owners.at(-1)?.weights.dispose();
      expect([store.bytes, gpu.memory.statistics.inUse]).toEqual([0, before]);
    },
  );
});
