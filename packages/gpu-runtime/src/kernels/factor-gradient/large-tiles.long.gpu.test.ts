import { LAYOUTS, Pattern } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { drawGradientOperands, verifyFactorGradient } from "../../testing/factor-gradient.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { sharedLoads } from "../shared-loads.ts";
import { factorGradientKernel } from "./kernel.ts";
import { factorGradientName, type LanesFactorGradient } from "./variant.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

/** Patterns with tiles of about 128 sums: of one block, of two and four neighbours of many, and of all three. */
const CASES = [
  [new Pattern(2, 70, 66, 1), { tile: 32, spans: 4, group: 1 }],
  [new Pattern(1, 35, 65, 8), { tile: 16, spans: 4, group: 2 }],
  [new Pattern(1, 20, 40, 8), { tile: 8, spans: 4, group: 4 }],
  [new Pattern(2, 24, 36, 3), { tile: 12, spans: 4, group: 3 }],
] as const;

describe.each(LAYOUTS)("the gradient of a factor by large tiles, %s", (layout) => {
  it.each(CASES)("of %s is the float64 sum over the batch", async (pattern, shape) => {
    const subgroup = sharedLoads(gpu.report);
    const batchLast = layout === "batch-last";
    for (const [dtype, lanes] of [
      ["f32", "inputs"],
      ["f16", "outputs"],
    ] as const) {
      if (dtype === "f16" && !gpu.report.features.f16) continue;
      const problem = { pattern, batch: 16, count: 12, layout, dtype };
      const variant: LanesFactorGradient = {
        ...{ kind: "lanes", lanes, parts: 1, ...shape },
        ...(batchLast ? { group: 1, turn: 4 } : { turn: 1 }),
        broadcast: subgroup ?? "load",
        workgroup: subgroup ?? 8,
      };
      const operands = drawGradientOperands(problem);
      const kernel = factorGradientKernel(problem, variant);
      const y = await runKernel(gpu, kernel, operands, pattern.nonZeros);
      const found = verifyFactorGradient(y, problem, operands, 1);
      expect(found, factorGradientName(variant)).toMatchObject({ ok: true });
    }
  });
});
