import type { Activation } from "@papilio/butterfly/numeric";
import { describe, expect, it } from "vitest";
import { draw } from "../testing/draw.ts";
import { expectSame, expectWithin, SMALLEST, UNIT } from "../testing/expect-within.ts";
import { normalDistribution } from "../testing/normal-distribution.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { everyFloat } from "../testing/vector-math.ts";
import { activationGradient } from "./activation-gradient.ts";

interface Case {
  readonly activation: Activation;
  /** The derivative in float64, of finite numbers. */
  readonly slope: (x: number) => number;
  /** How far float32 may be from it. */
  readonly error: (x: number, slope: number) => number;
  /** At minus and plus infinity. */
  readonly limits: readonly [number, number];
}

const [negativeSlope, alpha] = [Math.fround(0.2), Math.fround(0.7)];
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
const ofArgument = (x: number): number => Math.sqrt(8 / Math.PI) * (x + 0.044715 * x ** 3);
const ofSlope = (x: number): number => Math.sqrt(8 / Math.PI) * (1 + 3 * 0.044715 * x ** 2);
/** `s (1 - s)`, to full precision. */
const rise = (x: number): number => sigmoid(x) * sigmoid(-x);

const CASES: readonly Case[] = [
  {
    activation: { kind: "relu" },
    slope: (x) => (x > 0 ? 1 : 0),
    error: () => 0,
    limits: [0, 1],
  },
  {
    activation: { kind: "relu", upper: 6 },
    slope: (x) => (x > 0 && x < 6 ? 1 : 0),
    error: () => 0,
    limits: [0, 0],
  },
  {
    activation: { kind: "leaky-relu", negativeSlope },
    slope: (x) => (x > 0 ? 1 : negativeSlope),
    error: () => 0,
    limits: [negativeSlope, 1],
  },
  {
    activation: { kind: "elu", alpha },
    slope: (x) => (x > 0 ? 1 : alpha * Math.exp(x)),
    error: (_, slope) => 4 * UNIT * slope + 2 * SMALLEST,
    limits: [0, 1],
  },
  {
    activation: { kind: "gelu", approximate: "none" },
    slope: (x) => normalDistribution(x) + x * density(x),
    // Of the distribution; of the density's exponent, whose rounding its square magnifies.
    error: (x) => {
      const size = Math.abs(x) * density(x);
      return 4.5 * UNIT + (7 + 2 * x * x) * UNIT * size + UNIT + 16 * SMALLEST;
    },
    limits: [0, 1],
  },
  {
    activation: { kind: "gelu", approximate: "tanh" },
    slope: (x) => {
      const share = sigmoid(ofArgument(x));
      return share + x * rise(ofArgument(x)) * ofSlope(x);
    },
    // Of the argument's rounding, which is an error of the share relative to the rest; then of the rest itself.
    error: (x) => {
      const z = ofArgument(x);
      const ofShare = 5 * UNIT + 5 * UNIT * Math.abs(z) * sigmoid(-z);
      const size = Math.abs(x * ofSlope(x));
      const rest = sigmoid(-z) * (8 * UNIT + 5 * UNIT * Math.abs(z)) + 2 * UNIT;
      return ofShare * (1 + size * sigmoid(-z)) * sigmoid(z) + sigmoid(z) * size * rest + 2 * UNIT;
    },
    limits: [0, 1],
  },
  {
    activation: { kind: "silu" },
    slope: (x) => sigmoid(x) + x * rise(x),
    // 1 - s has lost half a unit of 1, and half a unit of s.
    error: (x) =>
      sigmoid(x) * (5 * UNIT * (1 + Math.abs(x) * sigmoid(-x)) + (7 * Math.abs(x) + 2) * UNIT) +
      200 * SMALLEST,
    limits: [0, 1],
  },
  {
    activation: { kind: "sigmoid" },
    slope: rise,
    error: (_, slope) => 14 * UNIT * slope + 2 * SMALLEST,
    limits: [0, 0],
  },
  {
    activation: { kind: "tanh" },
    slope: (x) => 4 * rise(2 * x),
    error: (_, slope) => 14 * UNIT * slope + 8 * SMALLEST,
    limits: [0, 0],
  },
];

describe.each(BOTH_SIMDS)("with %s SIMD", (simd) => {
  it.each(CASES)("$activation", ({ activation, slope, error, limits }) => {
    const step = 100_003;
    const finite = Float32Array.of(
      ...everyFloat(1e-30, 3e38, step),
      ...everyFloat(-1e-30, -3e38, step),
      ...[0, -0, 6, 1, -1, -0.5, 8, -8],
    );
    const x = Float32Array.of(...finite, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    const dy = draw(x.length, 3);
    const shape = { vectors: 1, features: x.length, layout: "rows" } as const;
    const { dx } = runKernel(activationGradient({ ...shape, activation }), { x, dy }, { simd });
    const slopes = [...Array.from(finite, slope), ...limits];
    const expected = slopes.map((number, index) => number * (dy[index] as number));
    expectWithin(dx, expected, (index) => {
      const [number, right] = [x[index] as number, slopes[index] as number];
      const off = Number.isFinite(number) && Math.abs(number) < 1e4 ? error(number, right) : 0;
      const rounding = UNIT * Math.abs(expected[index] as number);
      return (off + 2 * SMALLEST) * Math.abs(dy[index] as number) + rounding + SMALLEST;
    });
  });

  it.each(["tiles", "rows"] as const)("in %s, and for several items", (layout) => {
    for (const [vectors, features] of [
      [1, 5],
      [3, 7],
      [13, 9],
      [40, 1000],
    ] as const) {
      const [x, dy] = [draw(vectors * features, 1), draw(vectors * features, 2)];
      const activation = { kind: "leaky-relu", negativeSlope: 0.5 } as const;
      const call = activationGradient({ vectors, features, layout, activation });
      const { dx } = runKernel(call, { x, dy }, { simd, order: "backwards" });
      expectSame(
        dx,
        dy.map((gradient, index) => ((x[index] as number) > 0 ? gradient : gradient / 2)),
      );
    }
  });

  it.each(CASES)("of NaN is NaN: $activation", ({ activation }) => {
    const call = activationGradient({ vectors: 1, features: 5, layout: "rows", activation });
    const operands = { x: new Float32Array(5).fill(Number.NaN), dy: draw(5, 1) };
    expectSame(runKernel(call, operands, { simd }).dx, new Float32Array(5).fill(Number.NaN));
  });
});

it("refuses what is no activation or layout", () => {
  const problem = {
    vectors: 2,
    features: 3,
    layout: "tiles",
    activation: { kind: "silu" },
  } as const;
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  for (const change of [{ vectors: 0 }, { layout: "columns" }, { activation: { kind: "cube" } }]) {
    expect(() => activationGradient({ ...problem, ...change } as never)).toThrow(refused);
  }
});
