import { afterAll, beforeAll, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import type { AttentionCase } from "../testing/expect-attention.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { expectTunedAttention } from "../testing/tune-attention.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const sizes = { queries: 20, keys: 33, heads: 4, keyValueHeads: 2, headFeatures: 12 };
const cases: [string, AttentionCase][] = [
  ["queries of two sequences", { ...sizes, sequences: 2 }],
  ["batch-first vectors, of which some do not count", { ...sizes, layouts: "ffff", spare: 3 }],
  ["lengths and pages", { ...sizes, sequences: 2, keys: 32, counts: [32, 17], pageSize: 16 }],
  ["a single query", { ...sizes, queries: 1 }],
];

it.each(cases)("tuning attention of %s finds a candidate that is right", async (_, given) => {
  await expectTunedAttention(gpu, given, "f32");
});
