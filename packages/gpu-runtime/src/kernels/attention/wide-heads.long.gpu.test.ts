import { afterAll, beforeAll, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { attentionProblem, expectAttention } from "../../testing/expect-attention.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { chooseAttention } from "./choose.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

// Long to compile: a query's features are in registers.
const wide = { queries: 10, keys: 12, headFeatures: 256 };

it("attention of wide heads is right as chosen for the adapter", async () => {
  const problem = attentionProblem(wide, "f32");
  await expectAttention(gpu, problem, wide, chooseAttention(gpu.report, problem));
});

it("attention of wide heads is right as chosen for hardware", async () => {
  const problem = attentionProblem(wide, "f32");
  const variant = chooseAttention({ ...gpu.report, kind: "hardware" }, problem);
  expect(variant.kind).toBe("workgroup");
  await expectAttention(gpu, problem, wide, variant);
});
