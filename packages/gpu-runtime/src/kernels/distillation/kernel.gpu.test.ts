import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
import { runKernel } from "../../testing/run-kernel.ts";
import { distillationGradientKernel, distillationKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

/** Exponents less the largest, and their softmax. */
function softened(logits: Float32Array, temperature: number) {
  const most = Math.max(...logits);
  const exponents = Array.from(logits, (logit) => (logit - most) / temperature);
  const powers = exponents.map(Math.exp);
  const total = powers.reduce((sum, power) => sum + power, 0);
  return { exponents, total, shares: powers.map((power) => power / total) };
}

describe.each([1, 2.5])("with a temperature of %d", (temperature) => {
  it.for(rowWiseCases)("of %s", async ([, shape], { skip }) => {
    const { used, features, from, other, dtype, lanes } = shape;
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const [student, teacher] = [drawRows(shape, 1, 8), drawRows(shape, 2, 8)];
    const gradients = drawNumbers(shape, 3);
    const inputs = { x: layRows(shape, student, from), teacher: layRows(shape, teacher, other) };
    const problem = { ...shape, teacher: other, temperature };
    const lossKernel = distillationKernel(gpu.report, problem, lanes);
    const losses = await runNumbers(gpu, lossKernel, shape, inputs);
    const kernel = distillationGradientKernel(gpu.report, problem, lanes);
    const loss = layNumbers(shape, gradients);
    const dx = await runRows(gpu, kernel, shape, { ...inputs, loss });

    const [right, off] = [new Float64Array(used), new Float64Array(used)];
    const [expected, bounds] = [new Float64Array(student.length), new Float64Array(student.length)];
    for (let vector = 0; vector < used; vector++) {
      const start = vector * features;
      const of = (logits: Float32Array) =>
        softened(logits.subarray(start, start + features), temperature);
      const [p, q] = [of(student), of(teacher)];
      const far = Math.max(...[...p.exponents, ...q.exponents].map(Math.abs));
      // Of the exponents, which are rounded three times, of the powers, for which WGSL allows 3 + 2|x| units in the
      // last place, and of sums of as many numbers.
      const shareError = EPSILON * (2 * features + 12 * far + 16);
      let [mean, size] = [0, 0];
      for (let f = 0; f < features; f++) {
        const [a, b] = [q.exponents[f] as number, p.exponents[f] as number];
        const [share, own] = [q.shares[f] as number, p.shares[f] as number];
        mean += share * (a - b);
        size += share * (Math.abs(a) + Math.abs(b));
        const gradient = temperature * (gradients[vector] as number);
        expected[start + f] = gradient * (own - share);
        bounds[start + f] = Math.abs(gradient) * shareError * (own + share);
      }
      const logarithms = Math.log(p.total) + Math.log(q.total);
      right[vector] = temperature ** 2 * (mean + Math.log(p.total) - Math.log(q.total));
      off[vector] =
        temperature ** 2 *
        (shareError * (size + 2) + 2 ** -20 + 5 * EPSILON * (size + logarithms + Math.abs(mean)));
    }
    expectStored(losses, right, (index) => off[index] as number, dtype);
    expectStored(dx, expected, (index) => bounds[index] as number, dtype);
  });
});

it("is NaN where a number is, and not where logits are large", async () => {
  const layout = "batch-first";
  const problem = { batch: 3, features: 2, from: layout, teacher: layout, dtype: "f32" } as const;
  const kernel = distillationKernel(gpu.report, { ...problem, temperature: 1 });
  const x = Float32Array.of(1, Number.NaN, 1, 2, 3e38, 3e38);
  const teacher = Float32Array.of(1, 2, Number.NaN, 1, 1e30, 1e30);
  const losses = await runKernel(gpu, kernel, { x, teacher }, 3);
  expect([losses[0], losses[1]]).toEqual([Number.NaN, Number.NaN]);
  expect(losses[2]).toBeCloseTo(0, 5);
});

it("refuses a temperature that is none", () => {
  const layouts = { from: "batch-first", teacher: "batch-last", to: "batch-first" } as const;
  const refused = expect.objectContaining({ code: "KERNEL_PROBLEM" });
  for (const temperature of [0, -1, Number.POSITIVE_INFINITY, 1e30]) {
    const problem = { batch: 2, features: 3, dtype: "f32", ...layouts, temperature } as const;
    expect(() => distillationKernel(gpu.report, problem)).toThrow(refused);
    expect(() => distillationGradientKernel(gpu.report, problem)).toThrow(refused);
  }
});
