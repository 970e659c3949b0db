import { describe, expect, it } from "vitest";
import { draw } from "../testing/draw.ts";
import { expectWithin, SMALLEST, UNIT } from "../testing/expect-within.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
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
const settings = Float32Array.of(0.01, 2, 0.19, 0.0199);
const [learningRate, scale, correction1, correction2] = settings as unknown as [
  number,
  number,
  number,
  number,
];

const KINDS: readonly Pick<UpdateProblem, "optimizer" | "clip">[] = [
  { optimizer: "adamw" },
  { optimizer: "adamw", clip: 3 },
  { optimizer: "sgd" },
  { optimizer: "sgd", clip: 1e6 },
];

describe.each(KINDS)("$optimizer, clipped at $clip", (kind) => {
  it.each(LENGTHS)("changes %d numbers as in float64", (length) => {
    const rates = { rate: multiplier, decay, betas: [beta1, beta2], epsilon } as const;
    const problem = { length, ...kind, ...rates };
    const [parameter, gradient] = [draw(length, 1), draw(length, 2)];
    const [momentum, squares] = [draw(length, 3), draw(length, 4).map(Math.abs)];
    const norm = Float32Array.of(100);
    const operands = { parameter, gradient, momentum, squares, settings, norm };
    const all = 10 * scale;
    const clipped = kind.clip !== undefined && all > kind.clip ? kind.clip / all : 1;
    const rate = learningRate * multiplier;
    const [numbers, momenta, means] = [0, 1, 2].map(() => new Float64Array(length)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const bounds = new Float64Array(length);
    for (let at = 0; at < length; at++) {
      const p = parameter[at] as number;
      const g = (gradient[at] as number) * scale * clipped;
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
      numbers[at] = p * (1 - rate * decay) - (rate * (momenta[at] as number)) / correction1 / root;
      // Of the momentum by its largest part; of the squares, which are of one sign, half by the root.
      const step = (rate * (Math.abs(m) + Math.abs(g))) / correction1 / root;
      bounds[at] = UNIT * (5 * Math.abs(p) + 40 * step * (1 + (g * g) / (means[at] as number)));
    }
    for (const simd of BOTH_SIMDS) {
      const found = runKernel(update(problem), operands, { simd, order: "backwards" });
      const size = (at: number): number =>
        Math.abs(momentum[at] as number) + 2 * Math.abs((gradient[at] as number) * scale) + 1;
      expectWithin(found.momentum, momenta, (at) => 8 * UNIT * size(at));
      expectWithin(found.parameter, numbers, (at) => (bounds[at] as number) + SMALLEST);
      if (kind.optimizer === "sgd") continue;
      expectWithin(found.squares, means, (at) => 8 * UNIT * (size(at) ** 2 + 1));
    }
  });
});

it("makes the parameter NaN where the norm is, and leaves it at a rate of 0", () => {
  const rates = { rate: 1, decay: 0, betas: [0.9, 0.9], epsilon: 1e-8 } as const;
  const [parameter, gradient, momentum] = [draw(5, 1), draw(5, 2), new Float32Array(5)];
  const norm = Float32Array.of(Number.NaN);
  const operands = { parameter, gradient, momentum, settings, norm };
  const clipped = update({ length: 5, optimizer: "sgd", ...rates, clip: 1 });
  const found = runKernel(clipped, operands);
  expect(found.parameter?.every(Number.isNaN)).toBe(true);
  const still = update({ length: 5, optimizer: "sgd", ...rates, rate: 0 });
  expect(runKernel(still, operands).parameter).toEqual(parameter);
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
    ...[{ length: 0 }, { optimizer: "adam" }, { rate: -1 }, { decay: Number.NaN }],
    ...[{ betas: [1, 0.9] }, { betas: [0.9] }, { betas: [0.9, -0.1] }, { epsilon: -1 }],
    ...[{ clip: -1 }],
  ]) {
    expect(() => update({ ...good, ...change } as never)).toThrow(refused);
  }
  expect(() => sumOfSquares(0.5)).toThrow(refused);
});
