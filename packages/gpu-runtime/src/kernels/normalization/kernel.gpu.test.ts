import { LAYOUTS } from "@papilio/butterfly";
import { FLOAT_FORMATS, quantize, uniform } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { reductionShapes } from "../../testing/reduction-shapes.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { locate } from "../../testing/vectors-in-memory.ts";
import type { ReductionLanes } from "../feature-reduction/lanes.ts";
import { type NormalizationProblem, normalizationKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

type Kind = Pick<NormalizationProblem, "kind" | "epsilon" | "weight" | "bias">;

const kinds: [string, Kind][] = [
  ["layer", { kind: "layer", epsilon: 1e-5, weight: true, bias: true }],
  ["layer without parameters", { kind: "layer", epsilon: 1e-6, weight: false, bias: false }],
  ["rms", { kind: "rms", epsilon: 1e-5, weight: true, bias: false }],
  ["l2", { kind: "l2", epsilon: 1e-12, weight: false, bias: false }],
];

describe.each(kinds)("%s normalization", (_, kind) => {
  it.for(reductionShapes)("of %s", ([, { used, lanes, ...shape }]) =>
    expectRight({ ...shape, ...kind, dtype: "f32" }, used, lanes),
  );

  it.for(reductionShapes.filter(([, { half }]) => half))(
    "of %s in f16",
    async ([, { used, lanes, ...shape }], { skip }) => {
      skip(!gpu.report.features.f16, "the adapter has no half precision");
      await expectRight({ ...shape, ...kind, dtype: "f16" }, used, lanes);
    },
  );
});

it("does not lose the variance of numbers that lie far from zero", async () => {
  const shape = { batch: 8, features: 64, from: "batch-last", to: "batch-last" } as const;
  const kind = { kind: "layer", epsilon: 1e-5, weight: false, bias: false } as const;
  await expectRight({ ...shape, ...kind, dtype: "f32" }, 8, undefined, 3000);
});

it("gives zeros for a vector of zeros", async () => {
  const shape = { batch: 1, features: 5, from: LAYOUTS[0], to: LAYOUTS[0], dtype: "f32" } as const;
  for (const [, kind] of kinds) {
    const kernel = normalizationKernel(gpu.report, { ...shape, ...kind, bias: false });
    const ones = new Float32Array(5).fill(1);
    const y = await runKernel(gpu, kernel, { x: new Float32Array(5), weight: ones }, ones);
    expect([...y].map(Math.abs)).toEqual([0, 0, 0, 0, 0]);
  }
});

it("refuses an epsilon below zero", () => {
  const shape = { batch: 1, features: 5, from: LAYOUTS[0], to: LAYOUTS[0], dtype: "f32" } as const;
  const kind = { kind: "rms", epsilon: -1, weight: false, bias: false } as const;
  expect(() => normalizationKernel(gpu.report, { ...shape, ...kind })).toThrow(
    expect.objectContaining({ code: "KERNEL_PROBLEM" }),
  );
});

async function expectRight(
  problem: NormalizationProblem,
  used: number,
  lanes?: ReductionLanes,
  offset = 0,
): Promise<void> {
  const { kind, batch, features, from, to, dtype, epsilon } = problem;
  const next = uniform(8);
  const x = new Float32Array(batch * features).fill(Number.NaN);
  for (let n = 0; n < used; n++) {
    for (let f = 0; f < features; f++) x[locate(from, batch, features, n, f)] = next() + offset;
  }
  const draw = (): Float32Array => quantize(Float32Array.from({ length: features }, next), dtype);
  const [weight, bias] = [draw(), draw()];
  const stored = quantize(x, dtype);
  const y = await runKernel(
    gpu,
    normalizationKernel(gpu.report, problem, lanes),
    { x: stored, weight, bias },
    batch * features,
  );

  const { epsilon: unit } = FLOAT_FORMATS.f32;
  const format = FLOAT_FORMATS[dtype];
  const wrong: unknown[] = [];
  for (let n = 0; n < used; n++) {
    const vector = Array.from(
      { length: features },
      (_, f) => stored[locate(from, batch, features, n, f)] as number,
    );
    const mean = kind === "layer" ? average(vector) : 0;
    const distances = vector.map((value) => value - mean);
    const square = average(distances.map((value) => value * value));
    // A sum of n numbers, a division, and what it puts each distance off.
    const meanError = kind === "layer" ? (features + 1) * unit * average(vector.map(Math.abs)) : 0;
    const squareError =
      (features + 4) * unit * square +
      2 * meanError * average(distances.map(Math.abs)) +
      meanError ** 2;
    const norm =
      kind === "l2" ? Math.max(Math.sqrt(features * square), epsilon) : Math.sqrt(square + epsilon);
    const relative = squareError / (kind === "l2" ? square : square + epsilon);
    // Half of it by the root, which WGSL allows two units in the last place, and few operations more.
    const factorError = relative / 2 / (1 - relative) + 6 * unit;
    for (let f = 0; f < features; f++) {
      const scale = (problem.weight ? Math.abs(weight[f] as number) : 1) / norm;
      const distance = distances[f] as number;
      const offsetBy = problem.bias ? (bias[f] as number) : 0;
      const reference = (distance / norm) * (problem.weight ? (weight[f] as number) : 1) + offsetBy;
      const computed =
        scale * (1 + factorError) * (meanError + Math.abs(distance) * (factorError + 3 * unit)) +
        unit * (Math.abs(reference) + Math.abs(offsetBy));
      const rounding = dtype === "f16" ? format.epsilon * (Math.abs(reference) + computed) : 0;
      const value = y[locate(to, batch, features, n, f)] as number;
      const bound = computed + rounding + format.smallestNormal;
      if (!(Math.abs(value - reference) <= bound)) wrong.push({ n, f, value, reference, bound });
    }
  }
  expect(wrong.slice(0, 3)).toEqual([]);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
