import { LAYOUTS } from "@papilio/butterfly";
import { type Activation, quantize } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { expectStored } from "../../testing/expect-stored.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { EPSILON } from "../../testing/row-wise.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw, lay, lift, STORAGES } from "../../testing/vectors-in-memory.ts";
import { activationName } from "../activation.ts";
import { activationGradientKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

/** The derivative of an activation in float64, and what float32 may be wrong by. */
interface Expectation {
  readonly activation: Activation;
  slope(x: number): number;
  error(x: number, slope: number): number;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const rise = (x: number): number => sigmoid(x) * sigmoid(-x);
const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
const argument = (x: number): number => Math.sqrt(8 / Math.PI) * (x + 0.044715 * x ** 3);
const ofArgument = (x: number): number => Math.sqrt(8 / Math.PI) * (1 + 3 * 0.044715 * x ** 2);
/** `exp` is within `3 + 2·|x|` ulp (WGSL, section 15.7.4). */
const ofExponential = (x: number): number => (3 + 2 * Math.abs(x)) * EPSILON;
/** Of `e / (1 + e)²`: of the exponential, twice at most, two sums, a product and a quotient. */
const ofRise = (x: number): number => 2 * ofExponential(x) + 7 * EPSILON;

/** `Φ(x)` by Simpson's rule over the density, to 1e-10. */
function normalCumulative(x: number): number {
  const [steps, end] = [400, Math.min(Math.abs(x), 9)];
  let sum = density(0) + density(end);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 0 ? 2 : 4) * density((i * end) / steps);
  const integral = (sum * end) / steps / 3;
  return x > 0 ? 0.5 + integral : 0.5 - integral;
}

const expectations: Expectation[] = [
  { activation: { kind: "relu" }, slope: (x) => (x > 0 ? 1 : 0), error: () => 0 },
  {
    activation: { kind: "relu", upper: 6 },
    slope: (x) => (x > 0 && x < 6 ? 1 : 0),
    error: () => 0,
  },
  {
    activation: { kind: "leaky-relu", negativeSlope: 0.25 },
    slope: (x) => (x > 0 ? 1 : 0.25),
    error: () => 0,
  },
  {
    activation: { kind: "elu", alpha: 1.5 },
    slope: (x) => (x > 0 ? 1 : 1.5 * Math.exp(x)),
    error: (x, slope) => (x > 0 ? 0 : slope * (ofExponential(x) + EPSILON)),
  },
  {
    activation: { kind: "gelu", approximate: "none" },
    slope: (x) => normalCumulative(x) + x * density(x),
    // Of the tail 1.5e-7 by its formula and few roundings, 51 units by its factors (activation.gpu.test.ts); of the
    // density's exponent, and of the exponential.
    error: (x) => {
      const ofDensity = (6 + 3 * x * x) * EPSILON * Math.abs(x) * density(x);
      return 1.5e-7 + 51 * EPSILON * Math.exp((-x * x) / 2) + ofDensity + 3 * EPSILON;
    },
  },
  {
    activation: { kind: "gelu", approximate: "tanh" },
    slope: (x) => sigmoid(argument(x)) + x * rise(argument(x)) * ofArgument(x),
    // The exponent's five roundings and the exponential, relative to the smaller share; then of what it multiplies.
    error: (x) => {
      const z = Math.abs(argument(x));
      const less = sigmoid(-z) * (7 * EPSILON * z + ofExponential(z) + 5 * EPSILON);
      const size = Math.abs(x * ofArgument(x));
      return (less + 2 * EPSILON) * (1 + 2 * size * sigmoid(-z)) + less * size + 4 * EPSILON;
    },
  },
  {
    activation: { kind: "silu" },
    slope: (x) => sigmoid(x) + x * rise(x),
    error: (x) => {
      const ofShare = sigmoid(-x) * ofExponential(x) + 4 * EPSILON;
      const size = 1 + Math.abs(x) * sigmoid(-x);
      return (
        sigmoid(x) * (ofShare * size + Math.abs(x) * (sigmoid(x) * ofShare + EPSILON) + 2 * EPSILON)
      );
    },
  },
  { activation: { kind: "sigmoid" }, slope: rise, error: (x, slope) => slope * ofRise(x) },
  {
    activation: { kind: "tanh" },
    slope: (x) => 4 * rise(2 * x),
    error: (x, slope) => slope * ofRise(2 * x),
  },
];

const ramp = Array.from({ length: 401 }, (_, index) => (index - 200) / 8);
const extremes = [1e4, 103.5, 88.75, 60, 3e-5, 1e-7, 6, 0].flatMap((x) => [x, -x]);

describe.each(["f32", "f16"] as const)("in %s", (dtype) => {
  it.for(expectations.map((each) => [activationName(each.activation), each] as const))(
    "the slope of %s is what it is in float64",
    async ([, expectation], { skip }) => {
      skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
      const { activation, slope, error } = expectation;
      const x = quantize(Float32Array.from([...ramp, ...extremes]), dtype);
      const dy = draw(x.length, dtype);
      const layouts = { from: LAYOUTS[0], gradient: LAYOUTS[0], to: LAYOUTS[0], dtype };
      const problem = { batch: 1, features: x.length, ...layouts, activation };
      const y = await runKernel(gpu, activationGradientKernel(problem), { x, dy }, x.length);
      const expected = Array.from(x, (number, at) => (dy[at] as number) * slope(number));
      const bound = (at: number): number => {
        const number = x[at] as number;
        const off = error(number, Math.abs(slope(number))) + 1e-32;
        return Math.abs(dy[at] as number) * off + EPSILON * Math.abs(expected[at] as number);
      };
      expectStored(y, expected, bound, dtype);
    },
  );
});

it.each(expectations)("the slope of NaN is NaN: $activation", async ({ activation }) => {
  const layouts = { from: LAYOUTS[0], gradient: LAYOUTS[0], to: LAYOUTS[0] };
  const problem = { batch: 1, features: 4, dtype: "f32", ...layouts, activation } as const;
  const x = new Float32Array(4).fill(Number.NaN);
  const dy = Float32Array.of(1, 2, 3, 4);
  expect(await runKernel(gpu, activationGradientKernel(problem), { x, dy }, 4)).toEqual(x);
});

describe.each(STORAGES)("from $from to $to in $dtype", ({ from, to, dtype }) => {
  it.for(LAYOUTS)("with a gradient that is %s", async (gradient, { skip }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const activation = { kind: "relu" } as const;
    const [count, batch, features] = [33, 36, 10];
    const problem = { batch, features, from, gradient, to, dtype, activation };
    const [x, dy] = [draw(count * features, dtype), draw(count * features, dtype, 8)];
    const inputs = {
      x: lay(x, features, { batch, layout: from }),
      dy: lay(dy, features, { batch, layout: gradient }),
    };
    const kernel = activationGradientKernel(problem);
    const y = await runKernel(gpu, kernel, inputs, batch * features);
    const found = lift(y, features, count, { batch, layout: to }).vectors;
    const expected = dy.map((number, at) => ((x[at] as number) > 0 ? number : 0));
    expect(found.map((number) => number + 0)).toEqual(expected);
  });
});
