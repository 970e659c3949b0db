import { describe, expect, it } from "vitest";
import { draw, VECTOR_COUNTS } from "../testing/draw.ts";
import { expectWithin, SMALLEST, UNIT } from "../testing/expect-within.ts";
import { average, exactNormalization } from "../testing/normalization.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { type NormalizeGradientProblem, normalizeGradient } from "./normalize-gradient.ts";
import {
  type NormalizeParametersGradientProblem,
  normalizeGradientParts,
  normalizeParametersGradient,
} from "./normalize-parameters-gradient.ts";

const KINDS: readonly Pick<NormalizeGradientProblem, "norm" | "epsilon" | "weight">[] = [
  { norm: "layer", epsilon: 1e-5, weight: true },
  { norm: "layer", epsilon: 1e-6, weight: false },
  { norm: "rms", epsilon: 1e-5, weight: true },
  { norm: "l2", epsilon: 1e-12, weight: false },
  { norm: "l2", epsilon: 100, weight: true },
];

describe.each(KINDS)("$norm normalization, epsilon $epsilon", (kind) => {
  it.each(VECTOR_COUNTS)("dx of %d vectors", (vectors) => {
    for (const features of [2, 6, 37, 300]) checkVectors({ ...kind, vectors, features }, 0);
  });

  it("dx of numbers that lie far from zero", () => {
    for (const vectors of [1, 5, 20]) checkVectors({ ...kind, vectors, features: 64 }, 100);
  });

  it.each([...VECTOR_COUNTS, 2100])("of the parameters, over %d vectors", (vectors) => {
    for (const features of [1, 6, 37]) {
      for (const bias of [false, true]) checkParameters({ ...kind, vectors, features, bias });
    }
  });
});

/** `(g - mean of g - x̂ · mean of g x̂) / r`, and what float32 puts each part off. */
function checkVectors(problem: NormalizeGradientProblem, offset: number): void {
  const { vectors, features, norm, epsilon } = problem;
  const x = draw(vectors * features, features).map((number) => number + offset);
  const [dy, weight] = [draw(x.length, 1), draw(features, 2)];
  const [expected, bounds] = [new Float64Array(x.length), new Float64Array(x.length)];
  for (let start = 0; start < x.length; start += features) {
    const exact = exactNormalization(x.subarray(start, start + features), norm, epsilon);
    const { distances, root, distanceError, factorError, short } = exact;
    const gradient = distances.map(
      (_, f) => (dy[start + f] as number) * (problem.weight ? (weight[f] as number) : 1),
    );
    const size = average(gradient.map(Math.abs));
    const mean = norm === "layer" ? average(gradient) : 0;
    const count = norm === "l2" ? features : 1;
    const products = gradient.map((g, f) => (g * (distances[f] as number)) / root);
    const share = short ? 0 : count * average(products);
    // Sums of as many numbers; what the distances and the factor are off.
    const sumError = (features + 4) * UNIT;
    const shareSize = short ? 0 : count * average(products.map(Math.abs));
    const shareError =
      shareSize * (sumError + 2 * factorError) +
      (short ? 0 : (count * size * distanceError) / root);
    gradient.forEach((g, f) => {
      const normal = (distances[f] as number) / root;
      const right = (g - mean - normal * share) / root;
      expected[start + f] = right;
      const parts = Math.abs(g) + Math.abs(mean) + Math.abs(normal) * shareSize;
      const off =
        size * sumError +
        Math.abs(normal) * shareError +
        (shareSize + shareError) * (distanceError / root + 2 * factorError * Math.abs(normal)) +
        5 * UNIT * parts;
      bounds[start + f] = (off * (1 + factorError) + factorError * parts) / root + SMALLEST;
    });
  }
  for (const simd of BOTH_SIMDS) {
    const call = normalizeGradient(problem);
    const { dx } = runKernel(call, { x, dy, weight }, { simd, order: "backwards" });
    expectWithin(dx, expected, (index) => bounds[index] as number);
  }
}

function checkParameters(problem: NormalizeParametersGradientProblem): void {
  const { vectors, features, norm, epsilon, bias } = problem;
  const columns = bias ? 2 * features : features;
  const [x, dy] = [draw(vectors * features, features), draw(vectors * features, 9)];
  const [expected, bounds] = [new Float64Array(columns), new Float64Array(columns)];
  for (let start = 0; start < x.length; start += features) {
    const exact = exactNormalization(x.subarray(start, start + features), norm, epsilon);
    exact.distances.forEach((distance, f) => {
      const g = dy[start + f] as number;
      const normal = distance / exact.root;
      expected[f] = (expected[f] as number) + g * normal;
      const off =
        exact.distanceError / exact.root + Math.abs(normal) * (exact.factorError + 3 * UNIT);
      // Each sum has as many terms as there are vectors at most.
      bounds[f] = (bounds[f] as number) + Math.abs(g) * (off + vectors * UNIT * Math.abs(normal));
      if (!bias) return;
      expected[features + f] = (expected[features + f] as number) + g;
      bounds[features + f] = (bounds[features + f] as number) + vectors * UNIT * Math.abs(g);
    });
  }
  const call = normalizeParametersGradient(problem);
  const count = normalizeGradientParts(problem);
  for (const simd of BOTH_SIMDS) {
    const { parts = new Float32Array() } = runKernel(call, { x, dy }, { simd, order: "backwards" });
    expect(parts.length).toBe(count * columns);
    const sums = new Float64Array(columns);
    parts.forEach((part, index) => {
      sums[index % columns] = (sums[index % columns] as number) + part;
    });
    expectWithin(sums, expected, (index) => 1.01 * (bounds[index] as number) + SMALLEST);
  }
}

it("divides many vectors into parts, and their number is bounded", () => {
  expect(normalizeGradientParts({ vectors: 2100, features: 37 })).toBeGreaterThan(1);
  expect(normalizeGradientParts({ vectors: 1e6, features: 768 })).toBeLessThanOrEqual(64);
});

it("makes NaN of a vector that has NaN, and of no other one", () => {
  const x = draw(20 * 9, 1);
  x[9 * 3 + 2] = Number.NaN;
  const dy = draw(x.length, 2);
  for (const norm of ["layer", "rms", "l2"] as const) {
    const problem = { vectors: 20, features: 9, norm, epsilon: 1e-5, weight: false };
    const { dx = [] } = runKernel(normalizeGradient(problem), { x, dy });
    expect(Array.from(dx, Number.isNaN)).toEqual(
      Array.from(x, (_, index) => Math.floor(index / 9) === 3),
    );
  }
});

it("refuses an epsilon below zero, and what is no norm", () => {
  const problem = { vectors: 2, features: 5, norm: "rms", epsilon: 1e-5 } as const;
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  for (const change of [
    { vectors: 0 },
    { epsilon: -1 },
    { norm: "batch" },
    { weight: 1, bias: 1 },
  ]) {
    const good = { ...problem, weight: true, bias: true };
    expect(() => normalizeGradient({ ...good, ...change } as never)).toThrow(refused);
    expect(() => normalizeParametersGradient({ ...good, ...change } as never)).toThrow(refused);
  }
});
