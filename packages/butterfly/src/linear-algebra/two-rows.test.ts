import { describe, expect, it } from "vitest";
import { TwoRows } from "./two-rows.ts";

/** Singular vectors that are known: a rotation on the left, cosines of whole periods on the right. */
const ANGLE = 0.7;
const PHASE = 1.1;

/** Fills the rows with `s1 u1 v1^H + s2 u2 v2^H`. */
function fill(rows: TwoRows, [s1, s2]: readonly [number, number]): void {
  const { re, im, cols } = rows.matrix;
  const scale = Math.sqrt(2 / cols);
  for (let l = 0; l < cols; l++) {
    const v1 = s1 * scale * Math.cos((2 * Math.PI * l) / cols);
    const v2 = s2 * scale * Math.sin((2 * Math.PI * l) / cols);
    re[l] = Math.cos(ANGLE) * v1 - Math.sin(ANGLE) * v2;
    const second = Math.sin(ANGLE) * v1 + Math.cos(ANGLE) * v2;
    re[cols + l] = im ? Math.cos(PHASE) * second : second;
    if (im) {
      im[l] = 0;
      im[cols + l] = Math.sin(PHASE) * second;
    }
  }
}

/** `|A - column · row|`. */
function distance({ matrix: a, column, row }: TwoRows): number {
  let sum = 0;
  for (let line = 0; line < 2; line++) {
    for (let l = 0; l < a.cols; l++) {
      const [u, v] = [column.re[line] as number, column.im?.[line] ?? 0];
      const [p, q] = [row.re[l] as number, row.im?.[l] ?? 0];
      const at = line * a.cols + l;
      sum += ((a.re[at] as number) - (u * p - v * q)) ** 2;
      sum += ((a.im?.[at] ?? 0) - (u * q + v * p)) ** 2;
    }
  }
  return Math.sqrt(sum);
}

const normOf = (re: Float64Array, im: Float64Array | undefined): number =>
  Math.hypot(...re, ...(im ?? []));

describe.each([
  ["real", false],
  ["complex", true],
] as const)("two %s rows", (_, complex) => {
  it.each([
    [3, 2],
    [2, 3],
    [5, 5],
    [1, 1e-3],
    [1, 1e-8],
    [1, 1e-11],
    [1e60, 1e52],
    [1e-60, 1e-64],
    [1, 0],
  ])("with singular values %d and %d drop the smaller one", (s1, s2) => {
    for (const cols of [3, 4, 17, 64]) {
      const rows = new TwoRows(cols, complex);
      fill(rows, [s1, s2]);
      const found = rows.truncate();
      const [large, small] = [Math.max(s1, s2), Math.min(s1, s2)];
      const rounding = 1e-15 * Math.sqrt(cols) * large;
      expect(distance(rows)).toBeLessThan(small * (1 + 1e-12) + rounding);
      expect(Math.abs(Math.sqrt(found?.dropped ?? Number.NaN) - small)).toBeLessThan(
        1e-12 * small + rounding,
      );
      const least = Math.sqrt(found?.least ?? Number.NaN);
      expect(least).toBeLessThan(small * (1 + 1e-12) + rounding);
      if (small > 1e3 * rounding) expect(least).toBeGreaterThan(small * (1 - 1e-6) - rounding);
      expect(normOf(rows.column.re, rows.column.im)).toBeCloseTo(1, 14);
      expect(normOf(rows.row.re, rows.row.im) / large).toBeCloseTo(1, 13);
      rows.moveNormToColumn();
      expect(normOf(rows.row.re, rows.row.im)).toBeCloseTo(1, 13);
      expect(distance(rows)).toBeLessThan(small * (1 + 1e-12) + rounding);
    }
  });

  it("of zeros, or whose squares are out of range, are left to others", () => {
    const rows = new TwoRows(4, complex);
    expect(rows.truncate()).toBeUndefined();
    for (const scale of [1e-100, 1e100]) {
      fill(rows, [scale, scale / 2]);
      expect(rows.truncate()).toBeUndefined();
    }
  });
});
