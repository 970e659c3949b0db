import {
  type AnyButterfly,
  Butterfly,
  Chain,
  ComplexKroneckerSparse,
  type FloatArray,
  KroneckerSparse,
  Pattern,
} from "@papilio/butterfly";
import { factorize } from "@papilio/butterfly/factorization";
import { uniform } from "@papilio/butterfly/numeric";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openDenseLoops } from "../testing/dense-loops.ts";
import { factorizationKernels } from "./factorization-kernels.ts";

interface Exports {
  setSplit(...numbers: number[]): void;
  multiplyFactors(...numbers: number[]): void;
  startSquares(): void;
  addSquares(values: number, count: number): void;
  squares(): number;
}

const { wasm, clear, draw } = openDenseLoops<Exports>();

const upTo = (most: number): fc.Arbitrary<number> => fc.integer({ min: 1, max: most });

/** Two patterns that are chainable, with blocks `b x c` of so many ranks. */
const pairs = fc
  .record({
    ...{ a: upTo(3), b: upTo(5), c: upTo(5), d: upTo(3) },
    ...{ rank: upTo(3), rowSplit: upTo(3), columnSplit: upTo(3) },
  })
  .map(({ a, b, c, d, rank, rowSplit, columnSplit }) => ({
    left: new Pattern(a, b, rank * columnSplit, d * rowSplit),
    right: new Pattern(a * columnSplit, rank * rowSplit, c, d),
    rank,
  }));

describe("all classes of a split at once", () => {
  it("multiply factors of any two chainable patterns, to the last bit", () => {
    fc.assert(
      fc.property(pairs, fc.boolean(), ({ left, right, rank }, isComplex) => {
        clear(1);
        const [x, y] = [draw(left.nonZeros), draw(right.nonZeros)];
        const [xIm, yIm] = [draw(left.nonZeros), draw(right.nonZeros)];
        const { nonZeros } = Chain.of([left, right]).product();
        const [re, im] = [draw(nonZeros), draw(nonZeros)];
        wasm.setSplit(...entriesOf(left), ...entriesOf(right), rank);
        const addresses = [x, xIm, y, yIm, re, im].map(({ byteOffset }, index) =>
          isComplex || index % 2 === 0 ? byteOffset : 0,
        );
        wasm.multiplyFactors(left.a, ...addresses);
        const factor = KroneckerSparse<Float64Array>;
        const [p, q] = [new factor(left, x), new factor(right, y)];
        if (!isComplex) {
          expect(re).toEqual(p.matmul(q).values);
          return;
        }
        const product = new ComplexKroneckerSparse(p, new factor(left, xIm)).matmul(
          new ComplexKroneckerSparse(q, new factor(right, yIm)),
        );
        expect(re).toEqual(product.re.values);
        expect(im).toEqual(product.im.values);
      }),
    );
  });

  it("split blocks of two rows or columns to the last bit as without, blocks of zeros among them", async () => {
    const shapes = fc.record({
      ...{ a: upTo(3), long: fc.integer({ min: 2, max: 9 }), d: upTo(3), isWide: fc.boolean() },
      ...{ rowSplit: upTo(3), columnSplit: upTo(3), isComplex: fc.boolean() },
      ...{ kind: fc.constantFrom("random", "butterfly", "with zeros", "large"), seed: fc.nat() },
      ...{ tree: fc.constantFrom("left-to-right" as const, "right-to-left" as const) },
    });
    const kernels = factorizationKernels();
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const { a, long, d, isWide, rowSplit, columnSplit, isComplex, kind, seed, tree } = shape;
        const chain = Chain.of([
          new Pattern(a, isWide ? 2 : long, columnSplit, d * rowSplit),
          new Pattern(a * columnSplit, rowSplit, isWide ? long : 2, d),
        ]);
        const drawn = uniform(seed);
        const part = (): Float64Array => {
          if (kind === "butterfly") {
            return Butterfly.random(chain, { seed, dtype: "float64" }).dense();
          }
          const scale = kind === "large" ? 2 ** 400 : 1;
          return Float64Array.from({ length: chain.rows * chain.cols }, (_, index) =>
            kind === "with zeros" && index % chain.cols < chain.cols / 2 ? 0 : scale * drawn(),
          );
        };
        const dense = isComplex ? { re: part(), im: part() } : part();
        const plain = await factorize(dense, chain, { threads: 1, tree });
        const found = await factorize(dense, chain, { threads: 1, tree, kernels });
        expect(found.matrix.factors).toEqual(plain.matrix.factors);
        expect(found.bounds).toEqual(plain.bounds);
        expect(Math.abs(found.error - plain.error)).toBeLessThan(1e-12);
      }),
    );
  });

  it("split blocks of any shape at rank one as well as without, down trees from both sides", async () => {
    const side = fc.integer({ min: 2, max: 14 });
    const shapes = fc.record({
      ...{ rows: fc.tuple(side, upTo(4), upTo(4)), cols: fc.tuple(upTo(4), upTo(4), side) },
      ...{ isComplex: fc.boolean(), seed: fc.nat() },
      kind: fc.constantFrom("random", "butterfly", "near", "with zeros", "large"),
      tree: fc.constantFrom("left-to-right" as const, "right-to-left" as const),
    });
    const kernels = factorizationKernels();
    await fc.assert(
      fc.asyncProperty(shapes, async ({ rows, cols, isComplex, kind, seed, tree }) => {
        const chain = Chain.ofRadices({ rows, cols });
        const drawn = uniform(seed);
        const exact = Butterfly.random(chain, { seed, dtype: "float64" }).dense();
        const part = (): Float64Array =>
          exact.map((value, index) => {
            if (kind === "butterfly") return value;
            if (kind === "near") return value + 1e-5 * drawn();
            if (kind === "with zeros" && index % chain.cols < chain.cols / 2) return 0;
            return (kind === "large" ? 2 ** 160 : 1) * drawn();
          });
        const dense = isComplex ? { re: part(), im: part() } : part();
        const plain = await factorize(dense, chain, { threads: 1, tree });
        const found = await factorize(dense, chain, { threads: 1, tree, kernels });
        expect(found.error).toBeCloseTo(plain.error, 9);
        expect(found.bounds?.lower).toBeCloseTo(plain.bounds?.lower as number, 9);
        expect(found.bounds?.upper).toBeCloseTo(plain.bounds?.upper as number, 9);
      }),
    );
  });

  it.each([
    [16, 16],
    [5, 24],
    [24, 9],
  ])(
    "split blocks of %i x %i to the last bit as those of a matrix that is too large",
    async (b, c) => {
      const kernels = factorizationKernels();
      const [blocks, rowSplit] = [80, Math.ceil(2 ** 19 / (80 * b * c)) + 1];
      const large = Chain.of([
        new Pattern(1, b, blocks, rowSplit),
        new Pattern(blocks, rowSplit, c, 1),
      ]);
      const small = Chain.of([new Pattern(1, b, 2, 2), new Pattern(2, 2, c, 1)]);
      const values = Float32Array.from({ length: large.rows * large.cols }, uniform(b));
      /** The blocks of the first two columns of them, in the first two rows. */
      const partOf = (from: Float32Array): Float32Array =>
        Float32Array.from({ length: small.rows * small.cols }, (_, index) => {
          const row = Math.floor(index / small.cols);
          const own = (row >> 1) * rowSplit + (row & 1);
          return from[own * large.cols + (index % small.cols)] as number;
        });
      const options = { threads: 1, bounds: false, kernels };
      for (const isComplex of [false, true]) {
        const re = values;
        const im = values.toReversed();
        const whole = await factorize(isComplex ? { re, im } : re, large, options);
        const own = { re: partOf(re), im: partOf(im) };
        const part = await factorize(isComplex ? own : own.re, small, options);
        const [left, right] = imaginaryOrReal(whole.matrix);
        const [ownLeft, ownRight] = imaginaryOrReal(part.matrix);
        for (let q = 0; q < 4; q++) {
          const [s, k] = [q >> 1, q & 1];
          for (let j = 0; j < b; j++) {
            expect(ownLeft?.[(j * 2 + s) * 2 + k]).toBe(left?.[(j * blocks + s) * rowSplit + k]);
          }
          for (let l = 0; l < c; l++) {
            expect(ownRight?.[(s * 2 + k) * c + l]).toBe(right?.[(s * rowSplit + k) * c + l]);
          }
        }
      }
    },
  );

  it("add squares in the order of the loops without, over chunks", () => {
    for (const count of [0, 1, 3, 4, 5, 8, 1023]) {
      clear();
      const values = draw(count);
      wasm.startSquares();
      wasm.addSquares(0, count & ~7);
      wasm.addSquares(8 * (count & ~7), count % 8);
      const sums = [0, 0, 0, 0];
      const whole = count & ~3;
      values.forEach((value, index) => {
        const lane = index < whole ? index % 4 : 0;
        sums[lane] = (sums[lane] as number) + value ** 2;
      });
      const [p, q, r, s] = sums as [number, number, number, number];
      expect(wasm.squares()).toBe(p + q + (r + s));
    }
  });
});

function imaginaryOrReal({ factors }: AnyButterfly): readonly FloatArray[] {
  return factors.map((factor) => ("im" in factor ? factor.im.values : factor.values));
}

function entriesOf({ a, b, c, d }: Pattern): number[] {
  return [a, b, c, d];
}
