import { describe, expect, it } from "vitest";
import { draw, VECTOR_COUNTS } from "../testing/draw.ts";
import { expectWithin, SMALLEST, UNIT } from "../testing/expect-within.ts";
import { average, exactNormalization } from "../testing/normalization.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { type NormalizeProblem, normalize } from "./normalize.ts";

type Kind = Pick<NormalizeProblem, "norm" | "epsilon" | "weight" | "bias">;

const KINDS: readonly Kind[] = [
  { norm: "layer", epsilon: 1e-5, weight: true, bias: true },
  { norm: "layer", epsilon: 1e-6, weight: false, bias: false },
  { norm: "rms", epsilon: 1e-5, weight: true, bias: false },
  { norm: "l2", epsilon: 1e-12, weight: false, bias: true },
  { norm: "l2", epsilon: 100, weight: false, bias: false },
];

interface Operands {
  readonly x: Float32Array;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

describe.each(KINDS)("$norm normalization, epsilon $epsilon", (kind) => {
  it.each(VECTOR_COUNTS)("of %d vectors", (vectors) => {
    for (const features of [1, 6, 37, 700]) check({ ...kind, vectors, features }, 0);
  });

  it("does not lose the variance of numbers that lie far from zero", () => {
    for (const vectors of [1, 5, 20]) check({ ...kind, vectors, features: 64 }, 3000);
  });
});

/** Runs it with both kinds of SIMD, and compares with float64. */
function check(problem: NormalizeProblem, offset: number): void {
  const { vectors, features } = problem;
  const x = draw(vectors * features, features).map((number) => number + offset);
  const operands = { x, weight: draw(features, 1), bias: draw(features, 2) };
  const { expected, bounds } = reference(problem, operands);
  for (const simd of BOTH_SIMDS) {
    const { y } = runKernel(normalize(problem), operands, { simd, order: "backwards" });
    expectWithin(y, expected, (index) => bounds[index] as number);
  }
}

function reference(
  { vectors, features, norm, epsilon, weight, bias }: NormalizeProblem,
  operands: Operands,
): { readonly expected: Float64Array; readonly bounds: Float64Array } {
  const expected = new Float64Array(vectors * features);
  const bounds = new Float64Array(vectors * features);
  for (let start = 0; start < expected.length; start += features) {
    const vector = operands.x.subarray(start, start + features);
    const exact = exactNormalization(vector, norm, epsilon);
    const { distances, root, distanceError, factorError } = exact;
    for (let feature = 0; feature < features; feature++) {
      const scale = (weight ? (operands.weight[feature] as number) : 1) / root;
      const added = bias ? (operands.bias[feature] as number) : 0;
      const distance = distances[feature] as number;
      const right = distance * scale + added;
      expected[start + feature] = right;
      const off = distanceError + Math.abs(distance) * (factorError + 3 * UNIT);
      bounds[start + feature] =
        Math.abs(scale) * (1 + factorError) * off +
        2 * UNIT * (Math.abs(right) + Math.abs(added)) +
        SMALLEST;
    }
  }
  return { expected, bounds };
}

it.each(["layer", "rms", "l2"] as const)("%s normalization of NaN and infinities", (norm) => {
  const infinity = Number.POSITIVE_INFINITY;
  for (const vectors of [1, 6, 20]) {
    const problem = { vectors, features: 9, norm, epsilon: 1e-5, weight: false, bias: false };
    const x = draw(vectors * 9, 4);
    for (const [index, special] of [Number.NaN, infinity, -infinity].entries()) {
      x[(index * 18 + index) % x.length] = special;
    }
    const expected = Float64Array.from(x);
    for (let start = 0; start < x.length; start += 9) {
      const vector = [...x.subarray(start, start + 9)];
      const mean = norm === "layer" ? average(vector) : 0;
      const squares = vector.map((number) => (number - mean) ** 2);
      const norm2 = squares.reduce((sum, square) => sum + square, 0);
      const root = norm === "l2" ? Math.max(Math.sqrt(norm2), 1e-5) : Math.sqrt(norm2 / 9 + 1e-5);
      expected.set(
        vector.map((number) => (number - mean) / root),
        start,
      );
    }
    for (const simd of BOTH_SIMDS) {
      expectWithin(runKernel(normalize(problem), { x }, { simd }).y, expected, () => 100 * UNIT);
    }
  }
});

it("gives zeros for a vector of zeros", () => {
  for (const norm of ["layer", "rms", "l2"] as const) {
    const problem = { vectors: 2, features: 5, norm, epsilon: 1e-5, weight: false, bias: false };
    expect(runKernel(normalize(problem), { x: new Float32Array(10) }).y).toEqual(
      new Float32Array(10),
    );
  }
});

it("refuses an epsilon below zero, and what is no norm", () => {
  const problem: NormalizeProblem = {
    ...{ vectors: 2, features: 5, weight: false, bias: false },
    ...{ norm: "rms", epsilon: 1e-5 },
  };
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  expect(() => normalize({ ...problem, epsilon: -1 })).toThrow(refused);
  expect(() => normalize({ ...problem, epsilon: 1e300 })).toThrow(refused);
  expect(() => normalize({ ...problem, norm: "batch" as never })).toThrow(refused);
  expect(() => normalize({ ...problem, vectors: 0 })).toThrow(refused);
});
