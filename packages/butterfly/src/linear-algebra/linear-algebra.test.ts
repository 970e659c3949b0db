import { describe, expect, it } from "vitest";
import { uniform } from "../numeric/random.ts";
import {
  adjoint,
  identity,
  type Matrix,
  matrix,
  multiplyAdjoint,
  multiplyMatrices,
  squaredNorm,
} from "./dense-matrix.ts";
import { eigenvalues, leadingEigenvectors } from "./hermitian-eigen.ts";
import { orthonormalize } from "./orthonormalize.ts";
import { tridiagonalEigenvalues } from "./tridiagonal.ts";
import { truncate } from "./truncate.ts";

const next = uniform(11);

function draw(rows: number, cols: number, complex: boolean): Matrix {
  const result = matrix(rows, cols, complex);
  for (const part of [result.re, result.im]) {
    part?.forEach((_, index) => {
      part[index] = next();
    });
  }
  return result;
}

/** `U diag(values) V^H` with random orthonormal columns. */
function withSingularValues(
  rows: number,
  cols: number,
  values: number[],
  complex: boolean,
): Matrix {
  const left = orthonormalize(draw(rows, values.length, complex)).q;
  const right = orthonormalize(draw(cols, values.length, complex)).q;
  for (const part of [left.re, left.im]) {
    part?.forEach((value, index) => {
      part[index] = value * (values[index % values.length] as number);
    });
  }
  return multiplyMatrices(left, adjoint(right));
}

function squaredDistance(a: Matrix, b: Matrix): number {
  const part = (p: Float64Array, q: Float64Array): number =>
    p.reduce((sum, value, index) => sum + (value - (q[index] as number)) ** 2, 0);
  return part(a.re, b.re) + (a.im && b.im ? part(a.im, b.im) : 0);
}

const distance = (a: Matrix, b: Matrix): number => Math.sqrt(squaredDistance(a, b));

describe.each([
  ["real", false],
  ["complex", true],
] as const)("%s matrices", (_, complex) => {
  it("are multiplied by the definition", () => {
    const [a, b] = [draw(3, 4, complex), draw(4, 5, complex)];
    const expected = matrix(3, 5, complex);
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 5; j++) {
        for (let t = 0; t < 4; t++) {
          const [p, q] = [i * 4 + t, t * 5 + j];
          const [x, y] = [a.re[p] as number, a.im?.[p] ?? 0];
          const [u, v] = [b.re[q] as number, b.im?.[q] ?? 0];
          expected.re[i * 5 + j] = (expected.re[i * 5 + j] as number) + x * u - y * v;
          if (expected.im) {
            expected.im[i * 5 + j] = (expected.im[i * 5 + j] as number) + x * v + y * u;
          }
        }
      }
    }
    expect(distance(multiplyMatrices(a, b), expected)).toBeLessThan(1e-14);
    expect(distance(multiplyAdjoint(adjoint(a), b), expected)).toBeLessThan(1e-14);
  });

  it("have orthonormal columns after orthonormalization, dependent ones zero", () => {
    const a = draw(6, 9, complex);
    const { q, t } = orthonormalize(a);
    expect(distance(multiplyMatrices(q, t), a)).toBeLessThan(1e-14);
    const gram = multiplyAdjoint(q, q);
    const expected = matrix(9, 9, complex);
    for (let index = 0; index < 6; index++) expected.re[index * 10] = 1;
    expect(distance(gram, expected)).toBeLessThan(1e-14);
  });

  it("have the eigenvectors that their definition asks for", () => {
    for (const n of [1, 2, 3, 8, 33]) {
      const a = draw(n, n, complex);
      const gram = multiplyAdjoint(a, a);
      const kept = { ...gram, re: gram.re.slice(), im: gram.im?.slice() };
      const vectors = leadingEigenvectors(
        { ...gram, re: gram.re.slice(), im: gram.im?.slice() },
        n,
      );
      const residual = multiplyAdjoint(vectors, multiplyMatrices(kept, vectors));
      // V^H A V is diagonal, its entries descend, and V is unitary.
      const values = Array.from({ length: n }, (__, p) => residual.re[p * (n + 1)] as number);
      expect(values).toEqual(values.toSorted((p, q) => q - p));
      eigenvalues(gram).forEach((value, p) => {
        expect(Math.abs(value - (values[p] as number))).toBeLessThan(
          1e-13 * n * (values[0] as number),
        );
      });
      for (let p = 0; p < n; p++) residual.re[p * (n + 1)] = 0;
      expect(Math.sqrt(squaredNorm(residual))).toBeLessThan(1e-13 * n * (values[0] as number));
      const product = multiplyAdjoint(vectors, vectors);
      expect(distance(product, identity(n, complex))).toBeLessThan(1e-13 * n);
    }
  });

  it.each([
    [12, 7],
    [7, 12],
    [9, 9],
    [64, 64],
  ])("of %i x %i are truncated as their singular values say", (rows, cols) => {
    const values = [5, 5, 3, 1, 1e-3, 1e-6, 1e-9];
    const a = withSingularValues(rows, cols, values, complex);
    for (let rank = 1; rank <= values.length; rank++) {
      const { left, right, dropped } = truncate(a, rank);
      const expected = Math.hypot(...values.slice(rank));
      expect(Math.abs(Math.sqrt(dropped) - expected)).toBeLessThan(1e-13 + 1e-7 * expected);
      const gram = multiplyAdjoint(left, left);
      expect(distance(gram, identity(rank, complex))).toBeLessThan(1e-13);
      expect(distance(multiplyMatrices(left, right), a) ** 2).toBeCloseTo(dropped, 12);
    }
  });

  it.each([
    [3, 3, [1, 1e-8, 1e-9]],
    [8, 5, [1, 1e-4, 1e-8, 1e-12]],
    [6, 9, [1, 1, 3e-8, 3e-8, 1e-8]],
    [16, 16, [1, 2e-8, 2e-8, 1.9e-8, 1e-8, 1e-9, 1e-13]],
    [12, 20, [1, 0.9, 1e-3, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10]],
    [7, 7, [3, 3, 3, 3, 2.999, 2.99, 1]],
  ])(
    "of %i x %i drop what every approximation must, where squares cannot tell: %j",
    (rows, cols, values) => {
      const a = withSingularValues(rows, cols, values, complex);
      const norm = Math.hypot(...values);
      for (let rank = 1; rank < values.length; rank++) {
        const { dropped, least } = truncate(a, rank);
        const expected = Math.hypot(...values.slice(rank));
        const rounding = 4e-15 * norm;
        expect(Math.sqrt(least)).toBeLessThan(expected + rounding);
        // What is as small as a rounding of the matrix may be none of it.
        if (expected > 100 * rounding) {
          expect(Math.sqrt(least)).toBeGreaterThan(expected * (1 - 3e-6) - 10 * rounding);
        }
        expect(Math.sqrt(dropped)).toBeLessThan(expected * (1 + 1e-6) + 10 * rounding);
      }
    },
  );

  it("of a low rank are recovered to rounding, whatever their scale", () => {
    for (const scale of [1e-200, 1, 1e150]) {
      const a = withSingularValues(20, 30, [scale, 1e-5 * scale], complex);
      const { left, right } = truncate(a, 2);
      const error = squaredDistanceOver(a, multiplyMatrices(left, right), scale);
      expect(Math.sqrt(error)).toBeLessThan(1e-14);
    }
  });

  it("of zeros are zero", () => {
    const { left, right, dropped } = truncate(matrix(4, 4, complex), 2);
    expect([squaredNorm(left), squaredNorm(right), dropped]).toEqual([0, 0, 0]);
  });
});

/** The squared distance in units of `scale`, which neither overflows nor vanishes. */
function squaredDistanceOver(a: Matrix, b: Matrix, scale: number): number {
  const over = (m: Matrix): Matrix => ({
    ...m,
    re: m.re.map((value) => value / scale),
    im: m.im?.map((value) => value / scale),
  });
  return squaredDistance(over(a), over(b));
}

describe("a tridiagonal matrix", () => {
  it("of second differences has the eigenvalues that are known", () => {
    const n = 50;
    const values = tridiagonalEigenvalues(
      new Float64Array(n).fill(2),
      new Float64Array(n - 1).fill(-1),
    );
    values.forEach((value, p) => {
      expect(value).toBeCloseTo(2 + 2 * Math.cos((Math.PI * (p + 1)) / (n + 1)), 13);
    });
  });

  it("that falls apart is solved part by part", () => {
    const values = tridiagonalEigenvalues(Float64Array.of(1, 1, 4, 4), Float64Array.of(1, 0, 1));
    expect([...values].map((value) => Math.round(value * 1e12) / 1e12)).toEqual([5, 3, 2, 0]);
  });

  it("of a Gram matrix that is smooth, most of it rounding, converges", () => {
    for (const [rows, cols] of [
      [128, 512],
      [512, 128],
      [100, 100],
    ] as const) {
      const smooth = matrix(rows, cols, false);
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < cols; column++) {
          smooth.re[row * cols + column] = Math.fround(1 / (rows + row + column));
        }
      }
      const squares = eigenvalues(multiplyAdjoint(smooth, smooth));
      const total = squares.reduce((sum, value) => sum + value, 0);
      expect(total).toBeCloseTo(squaredNorm(smooth), 12);
      expect(truncate(smooth, 12).dropped).toBeLessThan(1e-12);
    }
  });

  it("of matrices that are orthogonal, low in rank or rounding alone, converges", () => {
    for (const n of [4, 8, 16, 32, 64]) {
      const entries: ((i: number, j: number) => number)[] = [
        (i, j) => Math.cos((2 * Math.PI * i * j) / (4 * n)),
        (i, j) => Math.cos((Math.PI * i * (2 * j + 1)) / (2 * n)),
        (i, j) => (i + 1) * (j + 1) + 1e-17 * Math.sin(i + 3 * j),
        (i, j) => (i === j ? 1e-8 ** i : 1e-16 ** (i + j)),
        (i, j) => Math.exp(-((i - j) ** 2)),
      ];
      for (const entry of entries) {
        const a = matrix(n, n, false);
        for (let index = 0; index < n * n; index++) {
          a.re[index] = entry(Math.floor(index / n), index % n);
        }
        const norm = Math.sqrt(squaredNorm(a));
        for (const rank of [1, 2, n / 2]) {
          const { left, right, dropped } = truncate(a, rank);
          const distanceOf = distance(multiplyMatrices(left, right), a);
          expect(Math.abs(distanceOf - Math.sqrt(dropped))).toBeLessThan(1e-14 * norm);
        }
        const squares = eigenvalues(multiplyAdjoint(a, a));
        const sum = squares.reduce((total, value) => total + value, 0);
        expect(Math.abs(sum - norm ** 2)).toBeLessThan(1e-13 * norm ** 2);
      }
    }
  });

  it("without convergence is an error", () => {
    const nan = Float64Array.of(1, Number.NaN, 1);
    expect(() => tridiagonalEigenvalues(nan, Float64Array.of(1, 1))).toThrow(
      expect.objectContaining({ code: "EIGEN_NOT_CONVERGED" }),
    );
  });
});
