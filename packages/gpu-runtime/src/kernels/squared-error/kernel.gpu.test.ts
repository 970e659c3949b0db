import { afterAll, beforeAll, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { expectStored } from "../../testing/expect-stored.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import {
  drawNumbers,
  drawRows,
  EPSILON,
  layNumbers,
  layRows,
  rowWiseCases,
  runNumbers,
  runRows,
} from "../../testing/row-wise.ts";
import { squaredErrorGradientKernel, squaredErrorKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

it.for(rowWiseCases)("of %s", async ([, shape], { skip }) => {
  const { used, features, from, other, dtype, lanes } = shape;
  skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
  const [x, target, gradients] = [drawRows(shape, 1), drawRows(shape, 2), drawNumbers(shape, 3)];
  const inputs = { x: layRows(shape, x, from), wanted: layRows(shape, target, other) };
  const problem = { ...shape, target: other };
  const lossKernel = squaredErrorKernel(gpu.report, problem, lanes);
  const losses = await runNumbers(gpu, lossKernel, shape, inputs);
  const kernel = squaredErrorGradientKernel(gpu.report, problem, lanes);
  const loss = layNumbers(shape, gradients);
  const dx = await runRows(gpu, kernel, shape, { ...inputs, loss });
  const differences = Array.from(x, (number, at) => number - (target[at] as number));
  const right = Array.from({ length: used }, (_, vector) =>
    differences
      .slice(vector * features, (vector + 1) * features)
      .reduce((sum, difference) => sum + difference ** 2 / features, 0),
  );
  const slopes = differences.map(
    (difference, at) =>
      (2 / features) * difference * (gradients[Math.floor(at / features)] as number),
  );
  // Two roundings of the difference count twice; a sum; a quotient, of two and a half units in the last place.
  const off = (features + 8) * EPSILON;
  expectStored(losses, right, (index) => off * (right[index] as number), dtype);
  expectStored(dx, slopes, (at) => 5 * EPSILON * Math.abs(slopes[at] as number), dtype);
});

it("refuses what makes no sense", () => {
  const layouts = { from: "batch-first", target: "batch-last", to: "batch-first" } as const;
  const refused = expect.objectContaining({ code: "KERNEL_PROBLEM" });
  for (const size of [{ batch: 0 }, { features: 0.5 }]) {
    const problem = { batch: 2, features: 3, dtype: "f32", ...layouts, ...size } as const;
    expect(() => squaredErrorKernel(gpu.report, problem)).toThrow(refused);
    expect(() => squaredErrorGradientKernel(gpu.report, problem)).toThrow(refused);
  }
});
