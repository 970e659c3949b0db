import { Butterfly, Chain, ComplexButterfly } from "@papilio/butterfly";
import { factorize, factorizePermuted, searchChains } from "@papilio/butterfly/factorization";
import { uniform } from "@papilio/butterfly/numeric";
import { describe, expect, it } from "vitest";
import { openDenseLoops } from "../testing/dense-loops.ts";
import { factorizationKernels } from "./factorization-kernels.ts";

interface Exports {
  addProduct(...numbers: number[]): void;
  addRowProducts(...numbers: number[]): void;
  reflectReal(...numbers: number[]): void;
  reflectComplex(...numbers: number[]): void;
}

const { wasm, clear, draw, zeros } = openDenseLoops<Exports>();

const near = (actual: number | undefined, expected: number): void =>
  expect(Math.abs((actual ?? Number.NaN) - expected)).toBeLessThan(1e-13);
const at = (values: Float64Array, index: number): number => values[index] as number;

/** Entry `(p, q)` of a Hermitian matrix of which the lower triangle is there. */
type Entry = readonly [re: number, im: number];
function entry(re: Float64Array, im: Float64Array, n: number, p: number, q: number): Entry {
  const index = Math.max(p, q) * n + Math.min(p, q);
  if (p === q) return [at(re, index), 0];
  return [at(re, index), p > q ? at(im, index) : -at(im, index)];
}

const times = ([a, b]: Entry, [c, d]: Entry): Entry => [a * c - b * d, a * d + b * c];
const plus = ([a, b]: Entry, [c, d]: Entry): Entry => [a + c, b + d];

/** `H A H`, entry by entry, for `H = I - scale·v v^H` on the first `size` rows. */
function reflected(size: number, scale: number, a: Entry[][], v: Entry[]): Entry[][] {
  const h = (p: number, q: number): Entry => {
    const [re, im] = times(v[p] as Entry, [(v[q] as Entry)[0], -(v[q] as Entry)[1]]);
    return [(p === q ? 1 : 0) - scale * re, -scale * im];
  };
  const product = (x: (p: number, t: number) => Entry, y: (t: number, q: number) => Entry) =>
    Array.from({ length: size }, (_, p) =>
      Array.from({ length: size }, (__, q) => {
        let sum: Entry = [0, 0];
        for (let t = 0; t < size; t++) sum = plus(sum, times(x(p, t), y(t, q)));
        return sum;
      }),
    );
  const left = product(h, (t, q) => a[t]?.[q] as Entry);
  return product((p, t) => left[p]?.[t] as Entry, h);
}

describe("the loops of factorizations in WebAssembly", () => {
  it.each([
    [1, 1, 1],
    [2, 4, 2],
    [3, 5, 7],
    [5, 9, 4],
    [8, 8, 8],
  ])("add products of %i x %i and %i columns by the definition", (rows, inner, cols) => {
    clear();
    const [x, y, to] = [draw(rows * inner), draw(inner * cols), draw(rows * cols)];
    const [before, first] = [to.slice(), inner > 2 ? 1 : 0];
    const addresses = [to, x, y].map(({ byteOffset }) => byteOffset);
    wasm.addProduct(...addresses, -1, rows, inner, cols, first, inner);
    for (let p = 0; p < rows; p++) {
      for (let q = 0; q < cols; q++) {
        let sum = at(before, p * cols + q);
        for (let t = first; t < inner; t++) sum -= at(x, p * inner + t) * at(y, t * cols + q);
        near(to[p * cols + q], sum);
      }
    }
  });

  it.each([
    [1, 1],
    [2, 3],
    [3, 2],
    [5, 7],
    [6, 8],
  ])("add products of %i rows of %i numbers by the definition", (rows, cols) => {
    for (const symmetric of [0, 1]) {
      clear();
      const [x, y, to] = [draw(rows * cols), draw(rows * cols), draw(rows * rows)];
      const after = draw(1);
      const [before, kept] = [to.slice(), at(after, 0)];
      const addresses = [to, x, y].map(({ byteOffset }) => byteOffset);
      wasm.addRowProducts(...addresses, rows, cols, symmetric);
      expect(after[0]).toBe(kept);
      for (let p = 0; p < rows; p++) {
        for (let q = 0; q < (symmetric ? p + 1 : rows); q++) {
          let sum = at(before, p * rows + q);
          for (let l = 0; l < cols; l++) sum += at(x, p * cols + l) * at(y, q * cols + l);
          near(to[p * rows + q], sum);
        }
      }
    }
  });

  it.each([2, 3, 4, 5, 8, 9])("reflect a matrix of %i rows on both sides", (n) => {
    for (const complex of [false, true]) {
      for (let step = 1; step < n; step++) {
        clear();
        const [re, im] = [draw(n * n), complex ? draw(n * n) : zeros(n * n)];
        const [wRe, wIm] = [draw(n), draw(n)];
        const v = Array.from({ length: step }, (_, p): Entry => {
          const index = step * n + p;
          return [at(re, index), at(im, index)];
        });
        const scale = 2 / v.reduce((sum, [p, q]) => sum + p * p + q * q, 0);
        const a = Array.from({ length: step }, (_, p) =>
          Array.from({ length: step }, (__, q) => entry(re, im, n, p, q)),
        );
        const expected = reflected(step, scale, a, v);
        if (complex) {
          const parts = [re.byteOffset, im.byteOffset] as const;
          wasm.reflectComplex(...parts, n, step, scale, wRe.byteOffset, wIm.byteOffset);
        } else {
          wasm.reflectReal(re.byteOffset, n, step, scale, wRe.byteOffset);
        }
        for (let p = 0; p < step; p++) {
          for (let q = 0; q <= p; q++) {
            const [x, y] = (expected[p] as Entry[])[q] as Entry;
            near(re[p * n + q], x);
            if (p !== q) near(im[p * n + q], y);
          }
        }
      }
    }
  });
});

const chains = [
  Chain.monarch(36),
  Chain.squareDyadic(32),
  Chain.parse("1,6,10,5; 5,10,9,1"),
  Chain.ofRadices({ rows: [3, 5, 2], cols: [4, 3, 3], rank: 2 }),
];

describe("a factorization by them", () => {
  it.each(chains.map((chain) => [`${chain}`, chain] as const))(
    "finds what it finds without: %s",
    async (_, chain) => {
      const kernels = factorizationKernels();
      const part = (seed: number): Float64Array =>
        Float64Array.from({ length: chain.rows * chain.cols }, uniform(seed));
      for (const dense of [part(1), { re: part(2), im: part(3) }]) {
        const plain = await factorize(dense, chain, { threads: 1 });
        for (const threads of [1, 2]) {
          const found = await factorize(dense, chain, { threads, kernels });
          expect(found.error).toBeCloseTo(plain.error, 12);
          expect(found.bounds?.lower).toBeCloseTo(plain.bounds?.lower ?? Number.NaN, 12);
          expect(found.bounds?.upper).toBeCloseTo(plain.bounds?.upper ?? Number.NaN, 12);
        }
      }
    },
  );

  it("recovers butterflies, real and complex, to rounding", async () => {
    const kernels = factorizationKernels();
    for (const chain of chains) {
      const options = { seed: 4, dtype: "float64" } as const;
      const real = Butterfly.random(chain, options);
      const complex = ComplexButterfly.random(chain, options);
      for (const dense of [real.dense(), complex.dense()]) {
        const { error } = await factorize(dense as Float64Array, chain, { threads: 1, kernels });
        expect(error).toBeLessThan(2e-14);
      }
    }
  });

  it("runs in them: its roundings are others", async () => {
    const chain = Chain.monarch(64);
    const dense = Float64Array.from({ length: 64 * 64 }, uniform(9));
    const plain = await factorize(dense, chain, { threads: 1 });
    const found = await factorize(dense, chain, { threads: 1, kernels: factorizationKernels() });
    expect(found.matrix.factors).not.toEqual(plain.matrix.factors);
    const again = await factorize(dense, chain, { threads: 1 });
    expect(again.matrix.factors).toEqual(plain.matrix.factors);
  });

  it("is that of a search, of chains and of permutations", async () => {
    const kernels = factorizationKernels();
    const dense = Float64Array.from({ length: 24 * 36 }, uniform(7));
    const plain = await searchChains(dense, 24, 36, { threads: 1 });
    const found = await searchChains(dense, 24, 36, { threads: 1, kernels });
    const frontOf = ({ front }: typeof plain): unknown =>
      front.map(({ chain, error }) => [`${chain}`, error.toFixed(10)]);
    expect(frontOf(found)).toEqual(frontOf(plain));
    const square = dense.subarray(0, 256);
    const chain = Chain.monarch(16);
    const permuted = await factorizePermuted(square, chain, { threads: 1, kernels });
    const expected = await factorizePermuted(square, chain, { threads: 1 });
    expect(permuted.names).toEqual(expected.names);
    expect(permuted.error).toBeCloseTo(expected.error, 12);
    for (const refused of [searchChains(dense, 24, 36, { kernels: "a" as never })]) {
      await expect(refused).rejects.toThrow(expect.objectContaining({ code: "ARRAY_TYPE" }));
    }
  });

  it("refuses what is not WebAssembly, and other WebAssembly", async () => {
    const chain = Chain.monarch(16);
    const dense = Float64Array.from({ length: 256 }, uniform(9));
    const header = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    for (const kernels of [Uint8Array.of(1, 2, 3), header]) {
      for (const threads of [1, 2]) {
        await expect(factorize(dense, chain, { threads, kernels })).rejects.toThrow(
          expect.objectContaining({ code: "OPTION_INVALID" }),
        );
      }
    }
    await expect(
      factorize(dense, chain, { kernels: [0] as unknown as Uint8Array }),
    ).rejects.toThrow(expect.objectContaining({ code: "ARRAY_TYPE" }));
  });
});
