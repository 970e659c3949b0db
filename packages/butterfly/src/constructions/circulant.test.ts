import { describe, expect, it } from "vitest";
import type { FloatArray } from "../numeric/float-array.ts";
import {
  draw,
  drawComplex,
  type Entry,
  errorOf,
  type Numbers,
  SIZES,
} from "../testing/matrix-entries.ts";
import { circulant, convolution, hankel, toeplitz } from "./index.ts";

/** Real and complex numbers of some length, with their entries. */
const KINDS = [
  ["real", (length: number, seed: number) => draw(length, seed)],
  ["complex", (length: number, seed: number) => drawComplex(length, seed)],
] as const;

describe.each(KINDS)("matrices of %s diagonals", (_, numbers) => {
  const parts = (values: FloatArray | Numbers): Numbers =>
    "re" in values
      ? values
      : { re: Float64Array.from(values), im: new Float64Array(values.length) };
  const check = (
    dense: FloatArray | Numbers,
    rows: number,
    cols: number,
    from: FloatArray | Numbers,
    index: Entry,
  ): void => {
    const expected = parts(from);
    const actual = parts(dense);
    for (const part of ["re", "im"] as const) {
      if (expected[part].every((value) => value === 0)) continue;
      const entry: Entry = (i, j) => expected[part][index(i, j)] ?? 0;
      expect(errorOf(actual[part], rows, cols, entry)).toBeLessThan(1e-14);
    }
  };

  it("are circulant by their first column", () => {
    for (const n of [1, ...SIZES, 211]) {
      const column = numbers(n, n);
      check(circulant(column).dense(), n, n, column, (i, j) => (i - j + n) % n);
    }
  });

  it.each([
    [1, 1],
    [5, 5],
    [3, 9],
    [17, 6],
    [64, 64],
  ])("are Toeplitz and Hankel of %i x %i", (rows, cols) => {
    const [column, row] = [numbers(rows, 7), numbers(cols, 8)];
    const all = parts(column);
    const above = parts(row);
    const joined = {
      re: Float64Array.of(...all.re, ...above.re),
      im: Float64Array.of(...all.im, ...above.im),
    };
    const diagonal: Entry = (i, j) => (i >= j ? i - j : rows + j - i);
    check(toeplitz(column, row).dense(), rows, cols, joined, diagonal);
    const anti: Entry = (i, j) => (i + j < rows ? i + j : rows + i + j - rows + 1);
    check(hankel(column, row).dense(), rows, cols, joined, anti);
  });

  it.each(["full", "same", "valid", "circular"] as const)("are convolutions (%s)", (mode) => {
    for (const [n, length] of [
      [1, 1],
      [10, 3],
      [16, 4],
      [13, 13],
      [101, 7],
    ] as const) {
      const kernel = numbers(length, n);
      const [rows, start] = {
        full: [n + length - 1, 0],
        same: [n, Math.floor((length - 1) / 2)],
        valid: [n - length + 1, length - 1],
        circular: [n, 0],
      }[mode] as [number, number];
      const index: Entry = (i, j) =>
        mode === "circular" ? (i - j + n) % n : start + i - j < 0 ? length : start + i - j;
      check(convolution(kernel, n, mode).dense(), rows, n, kernel, index);
    }
  });
});
