import type { Activation } from "@papilio/butterfly/numeric";
import { uniform } from "@papilio/butterfly/numeric";
import { describe, expect, it } from "vitest";
import { expectSame, expectWithin, SMALLEST, UNIT } from "../testing/expect-within.ts";
import { normalDistribution } from "../testing/normal-distribution.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { everyFloat } from "../testing/vector-math.ts";
import { elementwise } from "./elementwise.ts";

interface Case {
  readonly activation: Activation;
  /** In float64. */
  readonly of: (x: number) => number;
  /** Relative errors of a result in units of half the last place. */
  readonly units: (x: number) => number;
  /** Besides these. */
  readonly error?: (x: number) => number;
}

const [slope, alpha] = [Math.fround(0.2), Math.fround(0.7)];
/** Of the exponential's argument, whose rounding becomes a relative error of the result. */
const ofArgument = (x: number): number => 4 * Math.abs(1.6 * x + 0.0714 * x ** 3);

const CASES: readonly Case[] = [
  { activation: { kind: "relu" }, of: (x) => Math.max(0, x), units: () => 0 },
  {
    activation: { kind: "relu", upper: 6 },
    of: (x) => Math.min(Math.max(0, x), 6),
    units: () => 0,
  },
  {
    activation: { kind: "leaky-relu", negativeSlope: slope },
    of: (x) => (x > 0 ? x : slope * x),
    units: () => 1,
  },
  {
    activation: { kind: "elu", alpha },
    of: (x) => (x > 0 ? x : alpha * Math.expm1(x)),
    units: () => 2 * 1.5 + 1,
  },
  {
    activation: { kind: "gelu", approximate: "none" },
    of: (x) => x * normalDistribution(x),
    // Of the product, and of the normal distribution, which is 0 or 1 farther out.
    units: () => 1,
    error: (x) => Math.abs(x) * (Math.abs(x) < 6 ? 4.5 * UNIT : normalDistribution(-Math.abs(x))),
  },
  {
    activation: { kind: "gelu", approximate: "tanh" },
    of: (x) => x / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    units: (x) => (x > 0 ? 10 : 10 + ofArgument(x)),
  },
  { activation: { kind: "silu" }, of: (x) => x / (1 + Math.exp(-x)), units: () => 6 },
  { activation: { kind: "sigmoid" }, of: (x) => 1 / (1 + Math.exp(-x)), units: () => 5 },
  { activation: { kind: "tanh" }, of: Math.tanh, units: () => 6 },
];

const INFINITY = Number.POSITIVE_INFINITY;

describe.each(BOTH_SIMDS)("with %s SIMD", (simd) => {
  it.each(CASES)(
    "$activation is what it is in float64",
    ({ activation, of, units, error = () => 0 }) => {
      const step = 100_003;
      const x = Float32Array.of(
        ...everyFloat(1e-35, 3e38, step),
        ...everyFloat(-1e-35, -3e38, step),
        ...[0, -0, INFINITY, -INFINITY, Number.NaN, 1, -1],
      );
      const call = elementwise({ vectors: 1, features: x.length, layout: "rows", activation });
      const { y } = runKernel(call, { x }, { simd });
      const expected = Float64Array.from(x, (number) => of(number));
      // What a factor below 2⁻¹²⁵, taken for 0, is multiplied by.
      const lost = (index: number): number =>
        SMALLEST * 2 * Math.max(1, Math.min(200, Math.abs(x[index] as number)));
      expectWithin(y, expected, (index) => {
        const right = expected[index] as number;
        const number = x[index] as number;
        return units(number) * UNIT * Math.abs(right) + error(number) + lost(index);
      });
    },
  );

  it.each(["tiles", "rows"] as const)("adds and multiplies in %s", (layout) => {
    const next = uniform(3);
    for (const [vectors, features] of [
      [1, 5],
      [3, 7],
      [12, 3],
      [17, 9],
      [40, 1000],
    ] as const) {
      const draw = (): Float32Array =>
        Float32Array.from({ length: vectors * features }, () => next() * 4);
      const [x, other] = [draw(), draw()];
      other[0] = Number.NaN;
      const shape = { vectors, features, layout };
      const options = { simd, order: "backwards" } as const;
      const sum = runKernel(elementwise({ ...shape, combine: "add" }), { x, other }, options);
      expectSame(
        sum.y,
        x.map((number, index) => number + (other[index] as number)),
      );
      const relu = { kind: "relu" } as const;
      const call = elementwise({ ...shape, activation: relu, combine: "multiply" });
      const product = runKernel(call, { x, other }, options);
      expectSame(
        product.y,
        x.map((number, index) => Math.max(0, number) * (other[index] as number)),
      );
    }
  });
});

it("copies without either", () => {
  const x = Float32Array.of(1, Number.NaN, -0, INFINITY, 5, 6);
  const call = elementwise({ vectors: 2, features: 3, layout: "tiles" });
  expect(runKernel(call, { x }).y).toEqual(x);
});

it("refuses what is no activation, layout or combination", () => {
  const shape = { vectors: 2, features: 3, layout: "tiles" } as const;
  const code = (name: string): unknown => expect.objectContaining({ code: name });
  const make = (fields: object) => () => elementwise({ ...shape, ...fields });
  expect(make({ features: 0 })).toThrow(code("OPTION_INVALID"));
  expect(make({ layout: "columns" })).toThrow(code("OPTION_INVALID"));
  expect(make({ combine: "divide" })).toThrow(code("OPTION_INVALID"));
  expect(make({ activation: { kind: "softplus" } })).toThrow(code("OPTION_INVALID"));
  expect(make({ activation: { kind: "elu", alpha: Number.NaN } })).toThrow(
    code("ACTIVATION_INVALID"),
  );
});
