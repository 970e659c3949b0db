import type { StorageDtype } from "@papilio/butterfly";
import { type Activation, FLOAT_FORMATS, quantize } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { runKernel } from "../testing/run-kernel.ts";
import { activationName } from "./activation.ts";
import { elementwiseKernel } from "./elementwise/kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

/** A distance from one float32 to the next, relative to them: WGSL rounds either way. */
const EPSILON = FLOAT_FORMATS.f32.epsilon;
/** What `tanh` may be wrong by, whatever its argument (WGSL, section 15.7.4, as all below). */
const TANH = 1e-5;

/** An activation in float64, and what float32 may be wrong by. */
interface Expectation {
  readonly activation: Activation;
  of(x: number): number;
  error(x: number, y: number): number;
}

const exact = (): number => 0;
/** `exp` is within `3 + 2·|x|` ulp. */
const ofExponential = (x: number): number => (3 + 2 * Math.abs(x)) * EPSILON;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** Of a quotient by `1 + exp(-x)`: of the exponential as far as it counts, of the sum, 2.5 ulp. */
const ofSigmoid = (x: number): number => sigmoid(-x) * ofExponential(x) + 3.5 * EPSILON;

const expectations: Expectation[] = [
  { activation: { kind: "relu" }, of: (x) => Math.max(x, 0), error: exact },
  {
    activation: { kind: "relu", upper: 6 },
    of: (x) => Math.min(Math.max(x, 0), 6),
    error: exact,
  },
  {
    activation: { kind: "leaky-relu", negativeSlope: 0.01 },
    of: (x) => (x > 0 ? x : 0.01 * x),
    // The slope as a float32, and the product.
    error: (_, y) => 2 * EPSILON * Math.abs(y),
  },
  {
    activation: { kind: "elu", alpha: 1.5 },
    of: (x) => (x > 0 ? x : 1.5 * Math.expm1(x)),
    error: (x) => (x > 0 ? 0 : 1.5 * (ofExponential(x) * Math.exp(x) + 2 * EPSILON)),
  },
  {
    activation: { kind: "gelu", approximate: "none" },
    of: (x) => x * normalCumulative(x),
    // Of the tail 1.5e-7 by its formula; of the polynomial in t at most 32 units by Horner's rule,
    // 15 by t, which is within 4.5 units where P' is 3.4 at most, and 4 by the exponential.
    error: (x, y) =>
      0.5 * Math.abs(x) * (1.5e-7 + 51 * EPSILON * Math.exp((-x * x) / 2)) +
      3 * EPSILON * Math.abs(y),
  },
  {
    activation: { kind: "gelu", approximate: "tanh" },
    of: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    // The argument has six roundings, and a derivative times it that is below one; two come after.
    error: (x, y) => 0.5 * Math.abs(x) * (TANH + 8 * EPSILON) + 2 * EPSILON * Math.abs(y),
  },
  {
    activation: { kind: "silu" },
    of: (x) => x * sigmoid(x),
    error: (x, y) => ofSigmoid(x) * Math.abs(y),
  },
  { activation: { kind: "sigmoid" }, of: sigmoid, error: (x, y) => ofSigmoid(x) * y },
  { activation: { kind: "tanh" }, of: Math.tanh, error: () => TANH },
];

const ramp = Array.from({ length: 481 }, (_, index) => (index - 240) / 8);
const extremes = [1e4, 103.5, 88.75, 87.25, 3e-5, 1e-7, 1e-38, 1e-40, 0].flatMap((x) => [x, -x]);

describe.each(["f32", "f16"] as const)("in %s", (dtype: StorageDtype) => {
  it.for(
    expectations.map(
      (expectation) => [activationName(expectation.activation), expectation] as const,
    ),
  )("%s is what it is in float64", async ([, { activation, of, error }], { skip }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const x = quantize(Float32Array.from([...ramp, ...extremes]), dtype);
    const layout = "batch-first";
    const shape = { batch: 1, features: x.length, from: layout, to: layout, dtype } as const;
    const y = await runKernel(gpu, elementwiseKernel({ ...shape, activation }), { x }, x.length);
    const wrong = Array.from(x, (input, index) => {
      const [found, expected] = [y[index] as number, of(input)];
      return { input, found, expected, bound: bound(input, expected, error, dtype) };
    }).filter(({ found, expected, bound }) => !(Math.abs(found - expected) <= bound));
    expect(wrong).toEqual([]);
  });
});

/** What a stored result may be wrong by: subnormals, and a factor of theirs, may be zero. */
function bound(x: number, y: number, error: Expectation["error"], dtype: StorageDtype): number {
  const inArithmetic = error(x, y) + (1 + Math.abs(x)) * FLOAT_FORMATS.f32.smallestNormal;
  if (dtype === "f32") return inArithmetic;
  const { epsilon, smallestNormal } = FLOAT_FORMATS.f16;
  return inArithmetic + epsilon * (Math.abs(y) + inArithmetic) + smallestNormal;
}

/** `Φ(x)`, to the precision of float64 on both sides of zero. */
function normalCumulative(x: number): number {
  const tail = complementaryError(Math.abs(x) * Math.SQRT1_2) / 2;
  return x > 0 ? 1 - tail : tail;
}

/** `erfc(z)` of `z >= 0`: a series near zero, else a continued fraction (DLMF 7.6.2 and 7.9.1). */
function complementaryError(z: number): number {
  const gauss = Math.exp(-z * z) / Math.sqrt(Math.PI);
  if (z < 2) {
    let [term, sum] = [z, z];
    for (let n = 1; n < 60; n++) {
      term *= (2 * z * z) / (2 * n + 1);
      sum += term;
    }
    return 1 - 2 * gauss * sum;
  }
  let fraction = z;
  for (let n = 120; n >= 1; n--) fraction = z + n / 2 / fraction;
  return gauss / fraction;
}

it("has a reference that is right", () => {
  expect(complementaryError(0.5)).toBeCloseTo(0.4795001221869535, 14);
  expect(complementaryError(1.99) / complementaryError(2.01)).toBeCloseTo(1.0923848577290014, 12);
  expect(complementaryError(5) / 1.5374597944280349e-12).toBeCloseTo(1, 12);
});
