import { quantize } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { expectStored } from "../../testing/expect-stored.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { EPSILON } from "../../testing/row-wise.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw } from "../../testing/vectors-in-memory.ts";
import { accumulateKernel } from "../accumulate/kernel.ts";
import { stepSettingsKernel } from "../step-settings/kernel.ts";
import { sumOfSquaresKernel, sumOfSquaresParts } from "../sum-of-squares/kernel.ts";
import { type UpdateProblem, updateKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const rates = { rate: 0.5, decay: 0.05, betas: [0.9, 0.99], epsilon: 1e-6 } as const;
/** The learning rate, the scale of gradients, and both corrections. */
const [learningRate, scale, correction1, correction2] = [0.01, 2, 0.19, 0.0199] as const;
const settings = Float32Array.of(learningRate, scale, correction1, correction2, 0);

const kinds: readonly Pick<UpdateProblem, "optimizer" | "dtype">[] = [
  { optimizer: "adamw", dtype: "f32" },
  { optimizer: "adamw", dtype: "f16" },
  { optimizer: "adam", dtype: "f32" },
  { optimizer: "sgd", dtype: "f32" },
  { optimizer: "sgd", dtype: "f16" },
];

describe.each(kinds)("$optimizer of $dtype", (kind) => {
  it.for([1, 6, 300])("changes %d numbers in two steps as in float64", async (length, { skip }) => {
    const { optimizer, dtype } = kind;
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const adam = optimizer !== "sgd";
    const [decay, coupled] = optimizer === "adamw" ? [rates.decay, 0] : [0, rates.decay];
    const [parameter, gradient] = [draw(length, "f32", 1), draw(length, dtype, 2)];
    const [momentum, squares] = [draw(length, "f32", 3), draw(length, "f32", 4).map(Math.abs)];
    const kernel = updateKernel({ length, ...kind, ...rates });
    const inputs = { gradient, momentum, squares, settings };
    const y = await runKernel(gpu, kernel, inputs, parameter);

    const rate = learningRate * rates.rate;
    const [beta1, beta2] = rates.betas;
    const bounds = new Float64Array(length);
    const expected = Float64Array.from(parameter, (start, at) => {
      const given = (gradient[at] as number) * scale;
      let [p, m, v] = [start, momentum[at] as number, squares[at] as number];
      let size = Math.abs(p);
      for (let step = 0; step < 2; step++) {
        const g = given + coupled * p;
        if (adam) {
          m = beta1 * m + (1 - beta1) * g;
          v = beta2 * v + (1 - beta2) * g * g;
          const root = Math.sqrt(v / correction2) + rates.epsilon;
          const parts = (Math.abs(momentum[at] as number) + Math.abs(g)) / correction1 / root;
          // The squares are of one sign, of which the last may be rounded a hundred times as much as counts of it.
          size += 4 * rate * parts * (1 + (g * g) / v);
          p = p * (1 - rate * decay) - (rate * m) / correction1 / root;
        } else {
          m = beta1 * m + g;
          size += 4 * rate * (Math.abs(momentum[at] as number) + 2 * Math.abs(g) + Math.abs(p));
          p -= rate * m;
        }
      }
      // Settings and rates are rounded, and quotients and roots are within 2.5 units in the last place.
      bounds[at] = 12 * EPSILON * size;
      return p;
    });
    expectStored(y, expected, (at) => bounds[at] as number, "f32");
  });
});

it("changes nothing at a rate below 0", async () => {
  const kernel = updateKernel({ length: 6, dtype: "f32", optimizer: "adamw", ...rates });
  const [momentum, squares] = [draw(6, "f32", 3), draw(6, "f32", 4)];
  const gradient = new Float32Array(6).fill(Number.NaN);
  const inputs = { gradient, momentum, squares, settings: Float32Array.of(-1, 1, 1, 1, 1) };
  const parameter = draw(6, "f32", 2);
  expect(await runKernel(gpu, kernel, inputs, parameter)).toEqual(parameter);
});

describe("the settings of a step", () => {
  const given = Float32Array.of(0.01, 0.5, 0.19, 0.0199, 1);
  const solve = (parts: readonly number[], loss: number, clip?: number): Promise<Float32Array> => {
    const kernel = stepSettingsKernel({ parts: parts.length, dtype: "f32", clip });
    const x = Float32Array.from(parts);
    return runKernel(gpu, kernel, { x, loss: Float32Array.of(loss), given }, 5);
  };

  it("are what is given, gradients clipped by the norm of all", async () => {
    // The norm is √169 / 2.
    const parts = [...new Float32Array(97), 9, 16, 144];
    expect([...(await solve(parts, 1))]).toEqual([...given.subarray(0, 4), 6.5]);
    expect([...(await solve(parts, 1, 7))]).toEqual([...given.subarray(0, 4), 6.5]);
    const clipped = await solve(parts, 1, 1.3);
    expect(clipped[1]).toBeCloseTo(0.1, 6);
    expect([clipped[0], clipped[4]]).toEqual([given[0], 6.5]);
  });

  it("update nothing where the loss or the norm is not finite", async () => {
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect((await solve([1, wrong], 1, 2))[0]).toBe(-1);
      expect((await solve([1, 2], wrong, 2))[0]).toBe(-1);
    }
    expect((await solve([1], Number.NEGATIVE_INFINITY))[0]).toBe(-1);
    expect((await solve([1], -1))[0]).toBe(given[0]);
  });
});

describe.each(["f32", "f16"] as const)("a sum over runs of %s", (dtype) => {
  it.for([1, 6, 300])("of %d numbers", async (length, { skip }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const [x, sum] = [draw(length, dtype, 1), draw(length, "f32", 2)];
    const kernel = accumulateKernel({ length, dtype });
    const kept = { x, given: Float32Array.of(0, 0, 0, 0, 1) };
    // The kernel runs twice.
    const twice = sum.map(
      (number, at) => Math.fround(number + (x[at] as number)) + (x[at] as number),
    );
    expect(await runKernel(gpu, kernel, kept, sum)).toEqual(twice);
    const first = { x, given: new Float32Array(5) };
    expect(await runKernel(gpu, kernel, first, sum)).toEqual(x);
  });
});

describe.each(["f32", "f16"] as const)("the sum of squares in %s", (dtype) => {
  it.for([1, 6, 4096, 300_001])("of %d numbers", async (length, { skip }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const x = quantize(draw(length, "f32", 1), dtype);
    const parts = sumOfSquaresParts({ length, dtype });
    const y = await runKernel(gpu, sumOfSquaresKernel({ length, dtype }), { x }, parts);
    const right = x.reduce((sum, number) => sum + number * number, 0);
    const found = y.reduce((sum, part) => sum + part, 0);
    // Of an invocation every so many numbers, then those of a workgroup, and the parts, here in float64.
    const terms = length / parts / 64 + 10;
    expect(Math.abs(found - right)).toBeLessThanOrEqual(terms * EPSILON * right);
  });
});

it("refuses what makes no sense", () => {
  const good = { length: 3, dtype: "f32", optimizer: "adamw", ...rates };
  for (const change of [
    ...[{ length: 0 }, { optimizer: "rmsprop" }, { rate: -1 }, { decay: Number.NaN }],
    ...[{ betas: [1, 0.9] }, { betas: [0.9] }, { betas: 7 }, { epsilon: -1 }],
  ]) {
    expect(() => updateKernel({ ...good, ...change } as never)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(OPTION_INVALID|KERNEL_PROBLEM)$/) }),
    );
  }
  for (const parts of [0, 0.5]) {
    expect(() => stepSettingsKernel({ parts, dtype: "f32" })).toThrow(
      expect.objectContaining({ code: "KERNEL_PROBLEM" }),
    );
  }
  expect(() => stepSettingsKernel({ parts: 1, dtype: "f32", clip: -1 })).toThrow(
    expect.objectContaining({ code: "KERNEL_PROBLEM" }),
  );
  expect(() => sumOfSquaresKernel({ length: 0, dtype: "f32" })).toThrow(
    expect.objectContaining({ code: "KERNEL_PROBLEM" }),
  );
});
