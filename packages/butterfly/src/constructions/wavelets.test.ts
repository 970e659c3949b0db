import { describe, expect, it } from "vitest";
import { SIZES } from "../testing/matrix-entries.ts";
import { daubechies4, haar } from "./index.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const root = Math.sqrt(3);
const FILTERS = {
  haar: [Math.SQRT1_2, Math.SQRT1_2],
  daubechies4: [1 + root, 3 + root, 3 - root, 1 - root].map((h) => h / (4 * Math.SQRT2)),
} as const;
const BUILD = { haar, daubechies4 };

/** A column of the transform by its definition: filters, periodic, and the coarse half again. */
function transformed(x: readonly number[], h: readonly number[], levels: number): number[] {
  if (levels === 0) return [...x];
  const n = x.length;
  const filtered = (filter: readonly number[]): number[] =>
    Array.from({ length: n / 2 }, (_, i) =>
      filter.reduce((sum, weight, t) => sum + weight * (x[(2 * i + t) % n] as number), 0),
    );
  const fine = h.map((_, t) => (t % 2 === 0 ? 1 : -1) * (h.at(-1 - t) as number));
  return [...transformed(filtered(h), h, levels - 1), ...filtered(fine)];
}

describe.each(["haar", "daubechies4"] as const)("the wavelet transform %s", (name) => {
  it("is its definition, of all levels and of some", () => {
    for (const [n, levels, most] of [
      [2, undefined, 1],
      [4, undefined, 2],
      [6, undefined, 1],
      [8, 1, 1],
      [10, 1, 1],
      [16, undefined, 4],
      [20, 2, 2],
      [24, undefined, 3],
      [34, undefined, 1],
      [48, 3, 3],
      [64, undefined, 6],
      [96, 5, 5],
    ] as const) {
      const matrix = BUILD[name](n, levels === undefined ? {} : { levels });
      const dense = matrix.dense();
      for (let column = 0; column < n; column++) {
        const unit = Array.from({ length: n }, (_, j) => (j === column ? 1 : 0));
        for (const [row, value] of transformed(unit, FILTERS[name], most).entries()) {
          expect(Math.abs((dense[row * n + column] as number) - value)).toBeLessThan(1e-14);
        }
      }
    }
  });

  it("refuses sizes that cannot be halved so often", () => {
    for (const n of SIZES.filter((size) => size % 2 === 1)) {
      expect(() => BUILD[name](n)).toThrow(code("CONSTRUCTION_SIZE"));
    }
    expect(() => BUILD[name](12, { levels: 3 })).toThrow(code("CONSTRUCTION_SIZE"));
    expect(() => BUILD[name](12, { levels: 0 })).toThrow(code("CONSTRUCTION_SIZE"));
    expect(() => BUILD[name](2 ** 23)).toThrow(code("CONSTRUCTION_SIZE"));
  });
});

it("the Haar transform is a dyadic chain of few values", () => {
  const { matrix } = haar(1024);
  expect(matrix.chain.length).toBe(10);
  expect(matrix.factors.reduce((sum, { values }) => sum + values.length, 0)).toBe(4 * 1023);
});
