import { describe, expect, it } from "vitest";
import { referenceProduct } from "../matrix/reference-product.ts";
import { DYADIC, draw, type Entry, errorOf, LARGE } from "../testing/matrix-entries.ts";
import {
  chirpFourier,
  circulant,
  convolution,
  cosine,
  digitReversal,
  fourier,
  hadamard,
  hartley,
  inverseFourier,
  kroneckerProduct,
  permutation,
  sine,
  toeplitz,
  transposition,
  walsh,
  waveletOrder,
} from "./index.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

describe("Hadamard matrices", () => {
  const sign: Entry = (row, column) => {
    let bits = row & column;
    for (let shift = 16; shift >= 1; shift /= 2) bits ^= bits >>> shift;
    return 1 - 2 * (bits & 1);
  };

  it("are signs by the parity of common bits, exactly, with four numbers for each factor", () => {
    for (const n of DYADIC) {
      expect(errorOf(hadamard(n).dense(), n, n, sign)).toBe(0);
      expect(hadamard(n).factors.map(({ values }) => values.length)).toEqual(
        Array.from({ length: Math.log2(n) }, () => 4),
      );
      const scaled = hadamard(n, { orthonormal: true }).dense();
      expect(errorOf(scaled, n, n, (i, j) => sign(i, j) / Math.sqrt(n))).toBeLessThan(1e-14);
    }
    const y = referenceProduct(hadamard(LARGE), draw(LARGE, 4), {
      batch: 1,
      layout: "batch-first",
    });
    const expected = draw(LARGE, 4).reduce((sum, value, j) => sum + value * sign(54321, j), 0);
    expect(Math.abs((y[54321] as number) - expected)).toBeLessThan(1e-10);
  });

  it("in sequency order have a change of sign more in each row", () => {
    const n = 64;
    const dense = walsh(n).dense();
    for (let row = 0; row < n; row++) {
      const signs = dense.subarray(row * n, (row + 1) * n);
      const changes = signs.filter((value, j) => j > 0 && value !== signs[j - 1]).length;
      expect(changes).toBe(row);
    }
  });
});

describe("other constructions", () => {
  it("are Kronecker products, rectangular ones too", () => {
    const shapes = [
      [2, 3],
      [4, 1],
      [1, 2],
      [3, 3],
    ] as const;
    const matrices = shapes.map(([rows, cols], seed) => ({
      rows,
      cols,
      values: draw(rows * cols, seed),
    }));
    const product = kroneckerProduct(matrices);
    const entry: Entry = (row, column) => {
      let [i, j, value] = [row, column, 1];
      for (const { rows, cols, values } of matrices.toReversed()) {
        value *= values[(i % rows) * cols + (j % cols)] as number;
        [i, j] = [Math.floor(i / rows), Math.floor(j / cols)];
      }
      return value;
    };
    expect(errorOf(product.dense(), 24, 18, entry)).toBeLessThan(1e-15);
    expect(product.factors.map(({ values }) => values.length)).toEqual([6, 4, 2, 9]);
  });

  it("refuse sizes that they do not have", () => {
    for (const refused of [
      () => fourier(0),
      () => fourier(4099),
      () => fourier(12, { radices: [2, 5] }),
      () => fourier(4, { radices: [2, 1.5] }),
      () => inverseFourier(2 ** 23),
      () => chirpFourier(2 ** 22),
      () => hadamard(1),
      () => hadamard(6),
      () => cosine(0, 2),
      () => cosine(1, 1),
      () => sine(2.5, 4),
      () => hartley(2 ** 40),
      () => circulant(new Float64Array(0)),
      () => toeplitz(new Float64Array(2 ** 22), new Float64Array(2)),
      () => digitReversal([2, 0]),
      () => transposition(2 ** 12, 2 ** 12),
      () => waveletOrder(0),
      () => toeplitz(new Float64Array(0), new Float64Array(3)),
      () => convolution(new Float64Array(3), 2, "valid"),
      () => convolution(new Float64Array(3), 2.5),
      () => permutation(new Uint32Array(0)),
    ]) {
      expect(refused).toThrow(code("CONSTRUCTION_SIZE"));
    }
    expect(() => permutation(Uint32Array.of(0, 1, 1, 2))).toThrow(code("PERMUTATION_INVALID"));
  });
});
