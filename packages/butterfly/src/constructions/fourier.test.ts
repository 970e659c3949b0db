import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { referenceProduct } from "../matrix/reference-product.ts";
import { Chain } from "../pattern/chain.ts";
import { drawComplex, type Entry, errorOf, LARGE, SIZES } from "../testing/matrix-entries.ts";
import { chirpFourier, fourier, inverseFourier, rootOfUnity } from "./index.ts";

describe("roots of unity", () => {
  it("are exact at multiples of an eighth of a turn, and accurate elsewhere", () => {
    expect([0, 2, 4, 6].map((k) => rootOfUnity(k, 8))).toEqual([
      { re: 1, im: 0 },
      { re: 0, im: -1 },
      { re: -1, im: 0 },
      { re: 0, im: 1 },
    ]);
    for (const k of [-13, -1, 1, 5, 77, 100]) {
      const { re, im } = rootOfUnity(k, 100);
      expect(re).toBeCloseTo(Math.cos((2 * Math.PI * k) / 100), 14);
      expect(im).toBeCloseTo(-Math.sin((2 * Math.PI * k) / 100), 14);
    }
  });
});

describe("the Fourier transform", () => {
  it("is its definition, and the inverse inverts it", () => {
    for (const n of SIZES) {
      const { re, im } = fourier(n).dense();
      const angle: Entry = (k, j) => (2 * Math.PI * ((j * k) % n)) / n;
      expect(errorOf(re, n, n, (k, j) => Math.cos(angle(k, j)))).toBeLessThan(1e-15 * n);
      expect(errorOf(im, n, n, (k, j) => -Math.sin(angle(k, j)), 1)).toBeLessThan(1e-15 * n);
      const back = referenceProduct(
        inverseFourier(n),
        { re, im },
        { batch: n, layout: "batch-last" },
      );
      expect(errorOf(back.re, n, n, (i, j) => (i === j ? 1 : 0))).toBeLessThan(1e-14);
      expect(back.im.reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBeLessThan(
        1e-14,
      );
    }
  });

  it("is its definition by any radices, in any order, unitary or not", () => {
    const numbers = fc.array(fc.constantFrom(2, 3, 4, 5, 6, 7), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(numbers, fc.boolean(), (radices, orthonormal) => {
        const n = radices.reduce((product, radix) => product * radix, 1);
        const transform = fourier(n, { radices, orthonormal });
        expect(transform.matrix.chain).toEqual(Chain.ofRadices({ rows: radices, cols: radices }));
        const scale = orthonormal ? 1 / Math.sqrt(n) : 1;
        const angle: Entry = (k, j) => (2 * Math.PI * ((j * k) % n)) / n;
        const { re, im } = transform.dense();
        const real: Entry = (k, j) => scale * Math.cos(angle(k, j));
        expect(errorOf(re, n, n, real)).toBeLessThan(1e-13);
        expect(errorOf(im, n, n, (k, j) => -scale * Math.sin(angle(k, j)), scale)).toBeLessThan(
          1e-13,
        );
        const back = referenceProduct(
          inverseFourier(n, { radices, orthonormal }),
          { re, im },
          { batch: n, layout: "batch-last" },
        );
        expect(errorOf(back.re, n, n, (i, j) => (i === j ? 1 : 0))).toBeLessThan(1e-13);
      }),
      { numRuns: 12 },
    );
    expect(fourier(1000, { radices: [25, 40] }).matrix.chain).toEqual(
      Chain.monarch({ rows: 1000, cols: 1000, blocks: 25 }),
    );
  });

  it("is its definition by a chirp, of primes and others", () => {
    for (const n of [1, ...SIZES]) {
      for (const orthonormal of [false, true]) {
        const { re, im } = chirpFourier(n, { orthonormal }).dense();
        const scale = orthonormal ? 1 / Math.sqrt(n) : 1;
        const angle: Entry = (k, j) => (2 * Math.PI * ((j * k) % n)) / n;
        const real: Entry = (k, j) => scale * Math.cos(angle(k, j));
        expect(errorOf(re, n, n, real)).toBeLessThan(1e-13);
        expect(errorOf(im, n, n, (k, j) => -scale * Math.sin(angle(k, j)), scale)).toBeLessThan(
          1e-13,
        );
      }
    }
    // Two transforms of 4,096 points or fewer, where a prime factor of a chain would take 4 million values.
    expect(chirpFourier(2003).nonZeros).toBeLessThan(2 * 4096 * 24);
  });

  it("is symmetric, and stores each distinct block once", () => {
    const transform = fourier(64);
    const turned = transform.transpose().dense();
    const dense = transform.dense();
    expect(errorOf(turned.re, 64, 64, (k, j) => dense.re[k * 64 + j] as number)).toBeLessThan(
      1e-15,
    );
    const stored = transform.matrix.factors.map(({ re }) => re.values.length);
    expect(stored).toEqual([128, 64, 32, 16, 8, 4]);
  });

  it("of 2^16 points agrees with the definition, and its inverse brings the input back", () => {
    const x = drawComplex(LARGE, 3);
    const shape = { batch: 1, layout: "batch-first" } as const;
    const y = referenceProduct(fourier(LARGE), x, shape);
    for (const k of [0, 1, 4711, LARGE - 1]) {
      let [re, im] = [0, 0];
      for (let j = 0; j < LARGE; j++) {
        const root = rootOfUnity((j * k) % LARGE, LARGE);
        re += (x.re[j] as number) * root.re - (x.im[j] as number) * root.im;
        im += (x.re[j] as number) * root.im + (x.im[j] as number) * root.re;
      }
      expect(Math.abs((y.re[k] as number) - re)).toBeLessThan(1e-10);
      expect(Math.abs((y.im[k] as number) - im)).toBeLessThan(1e-10);
    }
    const back = referenceProduct(inverseFourier(LARGE), y, shape);
    expect(errorOf(back.re, 1, LARGE, (_, j) => x.re[j] as number)).toBeLessThan(1e-14);
    expect(errorOf(back.im, 1, LARGE, (_, j) => x.im[j] as number)).toBeLessThan(1e-14);
  });
});
