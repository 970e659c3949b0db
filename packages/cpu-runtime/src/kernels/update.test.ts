import { describe, expect, it } from "vitest";
import { draw } from "../testing/draw.ts";
import { expectWithin, SMALLEST, UNIT } from "../testing/expect-within.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { accumulate } from "./accumulate.ts";
import { stepSettings } from "./step-settings.ts";
import { sumOfSquares, sumOfSquaresParts } from "./sum-of-squares.ts";
import { type UpdateProblem, update } from "./update.ts";

const LENGTHS = [1, 3, 16, 8199, 20001];
const single = (numbers: readonly number[]): number[] => numbers.map(Math.fround);
const [beta1, beta2, decay, epsilon, multiplier] = single([0.9, 0.99, 0.05, 1e-6, 0.5]) as [
  number,
  number,
  number,
  number,
  number,
];
const settings = Float32Array.of(0.01, 2, 0.19, 0.0199, 0);
const [learningRate, scale, correction1, correction2] = settings as unknown as [
  number,
  number,
  number,
  number,
];

const KINDS: readonly Pick<UpdateProblem, "optimizer">[] = [
  { optimizer: "adamw" },
  { optimizer: "adam" },
  { optimizer: "sgd" },
];

describe.each(KINDS)("$optimizer", (kind) => {
  it.each(LENGTHS)("changes %d numbers as in float64", (length) => {
    const rates = { rate: multiplier, decay, betas: [beta1, beta2], epsilon } as const;
    const problem = { length, ...kind, ...rates };
    const [parameter, gradient] = [draw(length, 1), draw(length, 2)];
    const [momentum, squares] = [draw(length, 3), draw(length, 4).map(Math.abs)];
    const operands = { parameter, gradient, momentum, squares, settings };
    const rate = learningRate * multiplier;
    const [numbers, momenta, means] = [0, 1, 2].map(() => new Float64Array(length)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const bounds = new Float64Array(length);
    for (let at = 0; at < length; at++) {
      const p = parameter[at] as number;
      const decayed = kind.optimizer === "adam" ? decay * p : 0;
      const g = (gradient[at] as number) * scale + decayed;
      const m = momentum[at] as number;
      if (kind.optimizer === "sgd") {
        momenta[at] = beta1 * m + g + decay * p;
        numbers[at] = p - rate * (momenta[at] as number);
        bounds[at] = 8 * UNIT * (Math.abs(p) + rate * (Math.abs(m) + Math.abs(g) + Math.abs(p)));
        continue;
      }
      const v = squares[at] as number;
      momenta[at] = beta1 * m + (1 - beta1) * g;
      means[at] = beta2 * v + (1 - beta2) * g * g;
      const root = Math.sqrt((means[at] as number) / correction2) + epsilon;
      const kept = kind.optimizer === "adamw" ? 1 - rate * decay : 1;
      numbers[at] = p * kept - (rate * (momenta[at] as number)) / correction1 / root;
      // Of the momentum by its largest part; of the squares, which are of one sign, half by the root.
      const step = (rate * (Math.abs(m) + Math.abs(g))) / correction1 / root;
      bounds[at] = UNIT * (5 * Math.abs(p) + 40 * step * (1 + (g * g) / (means[at] as number)));
    }
    for (const simd of BOTH_SIMDS) {
      const found = runKernel(update(problem), operands, { simd, order: "backwards" });
      const size = (at: number): number =>
        Math.abs(momentum[at] as number) + 2 * Math.abs((gradient[at] as number) * scale) + 2;
      expectWithin(found.momentum, momenta, (at) => 8 * UNIT * size(at));
      expectWithin(found.parameter, numbers, (at) => (bounds[at] as number) + SMALLEST);
      if (kind.optimizer === "sgd") continue;
      expectWithin(found.squares, means, (at) => 8 * UNIT * (size(at) ** 2 + 1));
    }
  });
});

it("leaves the parameter at a rate of 0, and everything at one below 0", () => {
  const rates = { rate: 1, decay: 0.5, betas: [0.9, 0.9], epsilon: 1e-8 } as const;
  const [parameter, gradient, momentum] = [draw(5, 1), draw(5, 2).fill(Number.NaN, 3), draw(5, 3)];
  const squares = draw(5, 4).map(Math.abs);
  for (const simd of BOTH_SIMDS) {
    const at = (rate: number, numbers: Float32Array): Record<string, Float32Array> => {
      const operands = { parameter, gradient: numbers, momentum, squares };
      const problem = { length: 5, optimizer: "adamw", ...rates } as const;
      const given = Float32Array.of(rate, 2, 0.19, 0.0199, 0);
      return runKernel(update(problem), { ...operands, settings: given }, { simd });
    };
    expect(at(0, draw(5, 2)).parameter).toEqual(parameter);
    expect(at(-1, gradient)).toEqual({ parameter, momentum, squares });
  }
});

describe("the settings of a step", () => {
  const given = Float32Array.of(0.01, 0.5, 0.19, 0.0199, 1);
  const solve = (parts: readonly number[], loss: number, clip?: number): Float32Array => {
    const operands = { parts: Float32Array.from(parts), loss: Float32Array.of(loss), given };
    const [found, other] = BOTH_SIMDS.map(
      (simd) => runKernel(stepSettings({ parts: parts.length, clip }), operands, { simd }).settings,
    );
    expect(found).toEqual(other);
    return found as Float32Array;
  };

  it("are what is given, gradients clipped by the norm of all", () => {
    // The norm is √(9 + 16 + 144) / 2.
    expect([...solve([9, 16, 144], 1)]).toEqual([...given.subarray(0, 4), 6.5]);
    expect([...solve([9, 16, 144], 1, 6.5)]).toEqual([...given.subarray(0, 4), 6.5]);
    const clipped = solve([9, 16, 144], 1, 1.3);
    expect(clipped[1]).toBeCloseTo(0.1, 7);
    expect([clipped[0], clipped[4]]).toEqual([given[0], 6.5]);
  });

  it("update nothing where the loss or the norm is not finite", () => {
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(solve([1, wrong], 1, 2)[0]).toBe(-1);
      expect(solve([1, 2], wrong, 2)[0]).toBe(-1);
    }
    expect(solve([1], Number.NEGATIVE_INFINITY)[0]).toBe(-1);
    expect(solve([1], -1)[0]).toBe(given[0]);
  });
});

it.each(LENGTHS)("a sum over runs of %d numbers", (length) => {
  const [sum, x] = [draw(length, 1), draw(length, 2)];
  for (const simd of BOTH_SIMDS) {
    const after = (before: Float32Array, kept: number): Float32Array => {
      const operands = { sum: before, x, given: Float32Array.of(0, 0, 0, 0, kept) };
      return runKernel(accumulate(length), operands, { simd }).sum as Float32Array;
    };
    expect(after(sum, 1)).toEqual(sum.map((number, at) => number + (x[at] as number)));
    expect(after(new Float32Array(length).fill(Number.NaN), 0)).toEqual(x);
  }
});

it.each(LENGTHS)("the sum of squares of %d numbers", (length) => {
  const x = draw(length, 1);
  const right = x.reduce((sum, number) => sum + number * number, 0);
  for (const simd of BOTH_SIMDS) {
    const { parts = [] } = runKernel(sumOfSquares(length), { x }, { simd, order: "backwards" });
    expect(parts.length).toBe(sumOfSquaresParts(length));
    const sum = Array.from(parts).reduce((total, part) => total + part, 0);
    // Of a part of 8192 numbers sixteen sums, each of every sixteenth.
    expect(Math.abs(sum - right)).toBeLessThanOrEqual(530 * UNIT * right);
  }
});

it("refuses what makes no sense", () => {
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  const good = {
    ...{ length: 3, optimizer: "adamw", rate: 1, decay: 0, betas: [0.9, 0.99], epsilon: 1e-8 },
  };
  for (const change of [
    ...[{ length: 0 }, { optimizer: "rmsprop" }, { rate: -1 }, { decay: Number.NaN }],
    ...[{ betas: [1, 0.9] }, { betas: [0.9] }, { betas: [0.9, -0.1] }, { epsilon: -1 }],
  ]) {
    expect(() => update({ ...good, ...change } as never)).toThrow(refused);
  }
  expect(() => sumOfSquares(0.5)).toThrow(refused);
  expect(() => accumulate(0)).toThrow(refused);
  expect(() => stepSettings({ parts: 0 })).toThrow(refused);
  expect(() => stepSettings({ parts: 1, clip: Number.NaN })).toThrow(refused);
});
