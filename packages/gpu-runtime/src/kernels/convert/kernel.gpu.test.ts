import { quantize } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { convertKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const numbers = Float32Array.from({ length: 203 }, (_, index) => (index - 100) / 7);

describe.each([
  ["f32", "f16"],
  ["f16", "f32"],
  ["f32", "f32"],
] as const)("from %s to %s", (from, to) => {
  it.for([1, 6, 200, 203])("%d numbers are rounded once", async (length, { skip }) => {
    skip(!gpu.report.features.f16 && from !== to, "the adapter has no half precision");
    const x = quantize(numbers.slice(0, length), from);
    const y = await runKernel(gpu, convertKernel({ length, from, to }), { x }, length);
    expect(y.length).toBe(length);
    // WGSL lets a conversion round to either neighbour.
    const unit = to === "f16" ? 2 ** -10 : 0;
    const wrong = y.findIndex((number, index) => {
      const right = x[index] as number;
      return !(Math.abs(number - right) <= unit * Math.abs(right));
    });
    expect(wrong).toBe(-1);
  });
});

it("refuses what are no precisions", () => {
  for (const change of [{ length: 0 }, { from: "f64" }, { to: "f8" }]) {
    const problem = { length: 3, from: "f32", to: "f16", ...change } as never;
    expect(() => convertKernel(problem)).toThrow(
      expect.objectContaining({
        code: "length" in change ? "KERNEL_PROBLEM" : "OPTION_INVALID",
      }),
    );
  }
});
