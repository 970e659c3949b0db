import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Butterfly } from "../matrix/butterfly.ts";
import { uniform } from "../numeric/random.ts";
import { Chain } from "../pattern/chain.ts";
import { factorize } from "./factorize.ts";
import { padMatrix } from "./pad.ts";
import { refine } from "./refine.ts";
import { searchChains } from "./search.ts";

/** Sums of products of random vectors, whose norms fall by `decay` each. */
function decaying(rows: number, cols: number, decay: number, seed: number): Float64Array {
  const next = uniform(seed);
  const values = new Float64Array(rows * cols);
  for (let k = 0; k < Math.min(rows, cols); k++) {
    const u = Float64Array.from({ length: rows }, next);
    const v = Float64Array.from({ length: cols }, () => next() * decay ** k);
    for (let at = 0; at < values.length; at++) {
      values[at] =
        (values[at] as number) + (u[Math.floor(at / cols)] as number) * (v[at % cols] as number);
    }
  }
  return values;
}

/** `|A - B| / |A|` of the first rows and columns, for numbers of any scale. */
function distance(a: Float64Array, rows: number, cols: number, matrix: Butterfly<Float64Array>) {
  const b = matrix.dense();
  const largest = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let [error, norm] = [0, 0];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < cols; column++) {
      const value = a[row * cols + column] as number;
      const near = b[row * matrix.chain.cols + column] as number;
      error += (value / largest - near / largest) ** 2;
      norm += (value / largest) ** 2;
    }
  }
  return Math.sqrt(error / norm);
}

const SIZES = [7, 8, 11, 12, 13, 16, 17];

describe("the bounds of an error", () => {
  it("hold for matrices of any size, spectrum and scale, and for better butterflies", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...SIZES),
        fc.constantFrom(...SIZES),
        fc.constantFrom(1, 0.5, 0.1, 0.01),
        fc.constantFrom("monarch", "dyadic", "long"),
        fc.constantFrom("left-to-right", "right-to-left", "balanced"),
        fc.constantFrom(1, 1e-170, 1e160),
        fc.nat(1000),
        async (rows, cols, decay, kind, tree, scale, seed) => {
          const plain = decaying(rows, cols, decay, seed);
          const values = plain.map((value) => value * scale);
          const chain = {
            monarch: Chain.monarch({ rows, cols, rank: 1 + (seed % 2), pad: true }),
            dyadic: Chain.squareDyadic(32),
            long: Chain.ofRadices({ rows: [2, 3, 3], cols: [3, 2, 3], rank: 2 }),
          }[kind];
          const padded = padMatrix(values, { rows, cols }, chain);
          const { matrix, error, bounds } = await factorize(padded, chain, { tree, threads: 1 });
          const { lower = 0, upper = 0 } = bounds ?? {};
          expect(lower).toBeLessThanOrEqual(error);
          expect(error).toBeLessThanOrEqual(upper);
          // Of the part that counts, and nothing beside it.
          expect(distance(values, rows, cols, matrix)).toBeCloseTo(error, 12);
          const { errors } = await refine(padded, matrix, { sweeps: 3 });
          expect(lower).toBeLessThanOrEqual((errors.at(-1) as number) + 1e-14);
          if (scale === 1) return;
          const same = padMatrix(plain, { rows, cols }, chain);
          const unscaled = await factorize(same, chain, { tree, threads: 1 });
          expect(error).toBeCloseTo(unscaled.error, 11);
          expect(lower).toBeCloseTo(unscaled.bounds?.lower as number, 11);
        },
      ),
      { numRuns: 30, seed: 1 },
    );
  });

  it("hold for what a search finds", async () => {
    for (const [rows, cols, decay] of [
      [13, 17, 0.3],
      [16, 16, 0.05],
      [11, 24, 0.6],
    ] as const) {
      for (const scale of [1, 1e-170, 1e160]) {
        const values = decaying(rows, cols, decay, rows).map((value) => value * scale);
        const options = { pad: true, maxParameters: 0.9, threads: 1 };
        const { best } = await searchChains(values, rows, cols, options);
        const { error, bounds, matrix } = best as NonNullable<typeof best>;
        expect(bounds?.lower).toBeLessThanOrEqual(error);
        expect(bounds?.upper).toBeGreaterThanOrEqual(error);
        expect(distance(values, rows, cols, matrix)).toBeCloseTo(error, 12);
      }
    }
  });
});

describe("a padded matrix", () => {
  it("has zeros around it, and is refused where it does not fit", () => {
    const size = { rows: 2, cols: 2 };
    const values = Float32Array.of(1, 2, 3, 4);
    const padded = padMatrix(values, size, { rows: 3, cols: 4 });
    expect([...padded]).toEqual([1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0]);
    expect(padMatrix(values, size, size)).toBe(values);
    const both = padMatrix({ re: values, im: values }, size, { rows: 2, cols: 3 });
    expect([...both.im]).toEqual([1, 2, 0, 3, 4, 0]);
    const code = expect.objectContaining({ code: "DENSE_LENGTH" });
    expect(() => padMatrix(values, size, { rows: 1, cols: 4 })).toThrow(code);
    expect(() => padMatrix(values, { rows: 2, cols: 3 }, { rows: 4, cols: 4 })).toThrow(code);
  });
});
