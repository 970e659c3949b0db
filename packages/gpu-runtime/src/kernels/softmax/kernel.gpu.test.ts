import { LAYOUTS } from "@papilio/butterfly";
import { FLOAT_FORMATS, quantize, uniform } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { reductionShapes } from "../../testing/reduction-shapes.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { locate } from "../../testing/vectors-in-memory.ts";
import type { ReductionLanes } from "../feature-reduction/lanes.ts";
import { type SoftmaxProblem, softmaxKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

describe.each([
  ["softmax", false],
  ["log-softmax", true],
])("%s", (_, log) => {
  it.for(reductionShapes)("of %s", ([, { used, lanes, ...shape }]) =>
    expectRight({ ...shape, log, dtype: "f32" }, used, lanes),
  );

  it.for(reductionShapes.filter(([, { half }]) => half))(
    "of %s in f16",
    async ([, { used, lanes, ...shape }], { skip }) => {
      skip(!gpu.report.features.f16, "the adapter has no half precision");
      await expectRight({ ...shape, log, dtype: "f16" }, used, lanes);
    },
  );

  it("is not overwhelmed by large numbers", async () => {
    const shape = {
      batch: 2,
      features: 3,
      from: LAYOUTS[0],
      to: LAYOUTS[0],
      dtype: "f32",
    } as const;
    const values = Float32Array.of(3e38, 3e38, -3e38, -3e38, -3e38, -3e38);
    const y = await runKernel(
      gpu,
      softmaxKernel(gpu.report, { ...shape, log }),
      { x: values },
      new Float32Array(6),
    );
    // Exact but for the last places of the quotient or the logarithm.
    const shares = [1 / 2, 1 / 2, 0, 1 / 3, 1 / 3, 1 / 3];
    for (const [index, share] of shares.entries()) {
      const found = log ? Math.exp(y[index] as number) : (y[index] as number);
      expect(Math.abs(found - share)).toBeLessThanOrEqual(8 * FLOAT_FORMATS.f32.epsilon);
    }
  });
});

async function expectRight(
  problem: SoftmaxProblem,
  used: number,
  lanes?: ReductionLanes,
): Promise<void> {
  const { log, batch, features, from, to, dtype } = problem;
  const next = uniform(8);
  const x = new Float32Array(batch * features).fill(Number.NaN);
  for (let n = 0; n < used; n++) {
    for (let f = 0; f < features; f++) x[locate(from, batch, features, n, f)] = 10 * next();
  }
  const stored = quantize(x, dtype);
  const y = await runKernel(
    gpu,
    softmaxKernel(gpu.report, problem, lanes),
    { x: stored },
    batch * features,
  );

  const { epsilon } = FLOAT_FORMATS.f32;
  const format = FLOAT_FORMATS[dtype];
  const wrong: unknown[] = [];
  for (let n = 0; n < used; n++) {
    const vector = Array.from(
      { length: features },
      (_, f) => stored[locate(from, batch, features, n, f)] as number,
    );
    const highest = Math.max(...vector);
    const total = vector.reduce((sum, value) => sum + Math.exp(value - highest), 0);
    const range = highest - Math.min(...vector);
    // The difference is rounded, and WGSL allows exp(x) 3 + 2|x| units in the last place (section
    // 15.7.4); the sum rounds for each feature.
    const exponential = epsilon * (3 + 3 * range);
    const totalError = exponential + features * epsilon;
    for (let f = 0; f < features; f++) {
      const distance = (vector[f] as number) - highest;
      const reference = log ? distance - Math.log(total) : Math.exp(distance) / total;
      // WGSL allows log 2^-21 near 1, and else three units in the last place.
      const computed = log
        ? 2 * totalError + 2 ** -21 + epsilon * (2 * Math.abs(distance) + 5 * Math.log(total) + 1)
        : reference * 2 * (exponential + totalError + 4 * epsilon);
      const rounding = dtype === "f16" ? format.epsilon * (Math.abs(reference) + computed) : 0;
      const value = y[locate(to, batch, features, n, f)] as number;
      const bound = computed + rounding + format.smallestNormal;
      if (!(Math.abs(value - reference) <= bound)) wrong.push({ n, f, value, reference, bound });
    }
  }
  expect(wrong.slice(0, 3)).toEqual([]);
}
