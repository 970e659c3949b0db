import { uniform } from "@papilio/butterfly/numeric";
import { describe, expect, it } from "vitest";
import { expectWithin, SMALLEST, UNIT } from "../testing/expect-within.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { type SoftmaxProblem, softmax } from "./softmax.ts";

const INFINITY = Number.POSITIVE_INFINITY;
const SIZES = [
  [1, 1],
  [1, 3],
  [1, 2055],
  [3, 5],
  [7, 300],
  [12, 1],
  [16, 9],
  [37, 130],
  // Several tiles an item, and several items.
  [600, 3],
] as const;

/** In float64, with how far float32 may be from it. */
function exact(x: Float32Array, { features, log }: SoftmaxProblem): [Float64Array, Float64Array] {
  const [y, bounds] = [new Float64Array(x.length), new Float64Array(x.length)];
  for (let start = 0; start < x.length; start += features) {
    const vector = x.subarray(start, start + features);
    const most = vector.reduce((a, b) => Math.max(a, b), -INFINITY);
    const sum = vector.reduce((a, b) => a + Math.exp(b - most), 0);
    // Runs of 128 are added up, four of them side by side for one vector, then the sums.
    const sumError = UNIT * (Math.min(features, 128) + features / 128 + 4);
    vector.forEach((value, feature) => {
      const difference = value - most;
      const at = start + feature;
      y[at] = log ? difference - Math.log(sum) : Math.exp(difference) / sum;
      // Powers below 2⁻¹²⁵ may be 0. Of the difference, which is an exponent; of the power, 1.5 ulp; of the largest exponent in the sum.
      const argument = UNIT * Math.abs(difference);
      bounds[at] = log
        ? argument + 3 * UNIT * Math.abs(y[at] as number) + sumError + 4 * UNIT + range(vector)
        : (y[at] as number) * (argument + 5 * UNIT + sumError + range(vector)) + 2 * SMALLEST;
    });
  }
  return [y, bounds];
}

/** By what the rounding of the differences changes the sum, relatively. */
function range(vector: Float32Array): number {
  const most = vector.reduce((a, b) => Math.max(a, b), -INFINITY);
  const powers = vector.map((value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  const off = powers.reduce((a, power, at) => {
    const difference = Math.abs((vector[at] as number) - most);
    return power === 0 ? a : a + power * UNIT * (difference + 3);
  }, 0);
  return off / sum;
}

describe.each(BOTH_SIMDS)("with %s SIMD", (simd) => {
  for (const log of [false, true]) {
    it.each(SIZES)(`%d vectors of %d features, ${log ? "logarithms" : "shares"}`, (...sizes) => {
      const [vectors, features] = sizes;
      const next = uniform(vectors + features);
      // Differences of up to 200: some shares are too small for float32.
      const x = Float32Array.from({ length: vectors * features }, () => 100 * next() ** 3);
      const problem = { vectors, features, log };
      const { y } = runKernel(softmax(problem), { x }, { simd });
      const [expected, bounds] = exact(x, problem);
      expectWithin(y, expected, (index) => bounds[index] as number);
    });

    it(`numbers that are none, ${log ? "logarithms" : "shares"}`, () => {
      for (const vectors of [1, 2]) {
        for (const odd of [
          [Number.NaN, 1, 2, 3, 4],
          [1, 2, 3, 4, Number.NaN],
          [1, INFINITY, 2, 3, 4],
          [-INFINITY, 1, 2, 3, -INFINITY],
          [-INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY],
          [-3e38, 3e38, 0, 0, 0],
        ]) {
          const x = Float32Array.from({ length: vectors * 5 }, (_, at) => odd[at % 5] as number);
          const problem = { vectors, features: 5, log };
          const { y } = runKernel(softmax(problem), { x }, { simd });
          const [expected] = exact(x, problem);
          expectWithin(y, expected, (at) => 8 * UNIT * Math.max(1, Math.abs(expected[at] ?? 0)));
        }
      }
    });
  }
});

it("refuses problems that make no sense", () => {
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  const good = { vectors: 1, features: 1, log: false };
  for (const change of [{ vectors: 0 }, { features: 0.5 }, { log: 1 }]) {
    expect(() => softmax({ ...good, ...change } as SoftmaxProblem)).toThrow(refused);
  }
});
