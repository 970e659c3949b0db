import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LAYOUTS } from "../numeric/layout.ts";
import { uniform } from "../numeric/random.ts";
import { Chain } from "../pattern/chain.ts";
import { Pattern } from "../pattern/pattern.ts";
import { Butterfly } from "./butterfly.ts";
import { KroneckerSparse } from "./kronecker-sparse.ts";
import { blockDiagonal } from "./perfect-shuffle.ts";
import { referenceProduct } from "./reference-product.ts";
import { storedPattern } from "./sharing.ts";

const entry = fc.integer({ min: 1, max: 4 });
const factors = fc
  .record({
    pattern: fc.tuple(entry, entry, entry, entry).map(([a, b, c, d]) => new Pattern(a, b, c, d)),
    sharing: fc.record({ a: fc.boolean(), d: fc.boolean() }),
  })
  .map(({ pattern, sharing }) => {
    const next = uniform(1);
    const { nonZeros } = storedPattern(pattern, sharing);
    return new KroneckerSparse(pattern, Float64Array.from({ length: nonZeros }, next), sharing);
  });

/** The factor of a Walsh-Hadamard matrix of that pattern: every block is [[1, 1], [1, -1]]. */
function hadamardFactor(pattern: Pattern): KroneckerSparse {
  const { a, d, nonZeros } = pattern;
  const values = new Float32Array(nonZeros).fill(1);
  for (let i = 0; i < a; i++) values.fill(-1, (i * 4 + 3) * d, (i * 4 + 4) * d);
  return new KroneckerSparse(pattern, values);
}

describe("a factor with shared blocks", () => {
  it("is found in its full form, with nothing else shared, and gives it back", () => {
    fc.assert(
      fc.property(factors, (factor) => {
        const { pattern, sharing, values } = factor;
        const full = factor.expand();
        expect(full.values).toHaveLength(pattern.nonZeros);
        const found = full.share();
        // An axis of length 1 has nothing to share.
        expect(found.sharing).toEqual({
          a: sharing.a && pattern.a > 1,
          d: sharing.d && pattern.d > 1,
        });
        expect(found.values).toEqual(values);
        expect(found.expand().values).toEqual(full.values);
      }),
    );
  });

  it("does all that its full form does", () => {
    fc.assert(
      fc.property(factors, fc.constantFrom(...LAYOUTS), (factor, layout) => {
        const full = factor.expand();
        const { pattern } = factor;
        const x = Float64Array.from({ length: 3 * pattern.cols }, uniform(2));
        expect(referenceProduct(factor, x, { batch: 3, layout })).toEqual(
          referenceProduct(full, x, { batch: 3, layout }),
        );
        expect(factor.dense()).toEqual(full.dense());
        expect(factor.transpose().expand().values).toEqual(full.transpose().values);
        expect(factor.convert("float32").expand().values).toEqual(full.convert("float32").values);
        expect(blockDiagonal(factor).values).toEqual(blockDiagonal(full).values);
        expect(factor.matmul(full.transpose()).values).toEqual(
          full.matmul(full.transpose()).values,
        );
        const count = Math.ceil(pattern.a / 2);
        expect(factor.superBlocks(pattern.a - count, count).expand().values).toEqual(
          full.superBlocks(pattern.a - count, count).values,
        );
      }),
    );
  });

  it("tells 0 from -0, and never shares a NaN", () => {
    const pattern = new Pattern(2, 1, 1, 1);
    const shared = (...values: number[]): boolean =>
      new KroneckerSparse(pattern, Float32Array.from(values)).share().sharing.a;
    expect(shared(0, 0)).toBe(true);
    expect(shared(0, -0)).toBe(false);
    expect(shared(Number.NaN, Number.NaN)).toBe(false);
  });

  it("has as many values as its blocks that differ", () => {
    expect(
      () =>
        new KroneckerSparse(new Pattern(2, 2, 2, 2), new Float32Array(16), { a: true, d: false }),
    ).toThrow(
      expect.objectContaining({
        code: "VALUES_LENGTH",
        message: expect.stringMatching(/has 8 values with what is shared, but 16/),
      }),
    );
  });
});

it("a Hadamard chain of 1024 stores four numbers for each of its ten factors", () => {
  const chain = Chain.squareDyadic(1024);
  const hadamard = new Butterfly(chain.patterns.map(hadamardFactor)).share();
  expect(hadamard.factors.map(({ values }) => values.length)).toEqual(Array(10).fill(4));
  // It is its own inverse, but for a factor of 1024.
  const x = Float64Array.from({ length: 1024 }, uniform(3));
  const shape = { batch: 1, layout: "batch-first" } as const;
  const back = referenceProduct(hadamard, referenceProduct(hadamard, x, shape), shape);
  back.forEach((value, index) => {
    expect(value / 1024).toBeCloseTo(x[index] as number, 12);
  });
});
