import { afterAll, beforeAll, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { usableProducts } from "../kernels/matrix-units.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { expectTunedAttention } from "../testing/tune-attention.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

it("shapes of attention on matrix units are among those that are measured", async ({ skip }) => {
  skip(usableProducts(gpu.report, "f16", "f32").length === 0, "the adapter has no matrix units");
  const given = { queries: 40, keys: 56, heads: 2, headFeatures: 24, causal: true };
  const trials = await expectTunedAttention(gpu, given, "f16");
  const kinds = new Set(trials.map(({ name }) => name.split(" ")[0]));
  expect(kinds.size).toBeGreaterThanOrEqual(3);
  expect([...kinds].some((kind) => kind?.startsWith("matrix"))).toBe(true);
});
