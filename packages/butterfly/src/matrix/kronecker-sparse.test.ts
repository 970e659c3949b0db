import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Pattern } from "../pattern/pattern.ts";
import { isSupported } from "../pattern/support.ts";
import { KroneckerSparse } from "./kronecker-sparse.ts";
import { referenceProduct } from "./reference-product.ts";

const entry = fc.integer({ min: 1, max: 5 });
const patterns = fc
  .tuple(entry, entry, entry, entry)
  .map(([a, b, c, d]) => new Pattern(a, b, c, d));

/** Values that are all different and not zero, so that a misplaced one shows. */
function numbered(pattern: Pattern): KroneckerSparse<Float64Array> {
  const values = Float64Array.from({ length: pattern.nonZeros }, (_, index) => index + 1);
  return new KroneckerSparse(pattern, values);
}

function transposed(dense: Float64Array, rows: number, cols: number): Float64Array {
  return dense.map((_, index) => dense[(index % rows) * cols + Math.floor(index / rows)] as number);
}

describe("KroneckerSparse", () => {
  it("refuses another number of values than its pattern has", () => {
    expect(() => new KroneckerSparse(new Pattern(1, 2, 3, 4), new Float32Array(23))).toThrow(
      expect.objectContaining({
        code: "VALUES_LENGTH",
        message: "The pattern 1,2,3,4 has 24 values, but 23 are given.",
      }),
    );
  });

  it("gives super-blocks as factors of their own: rows and columns of the whole", () => {
    const factor = numbered(new Pattern(3, 2, 2, 2));
    const part = factor.superBlocks(1, 2);
    expect(part.pattern.toString()).toBe("2,2,2,2");
    const whole = factor.dense();
    const dense = part.dense();
    for (let row = 0; row < 8; row++) {
      const start = (row + 4) * 12 + 4;
      expect(dense.subarray(row * 8, (row + 1) * 8)).toEqual(whole.subarray(start, start + 8));
    }
    expect(factor.superBlocks(0, 3)).toBe(factor);
    for (const [first, count] of [
      [2, 2],
      [-1, 1],
      [0, 0],
      [0.5, 1],
    ] as const) {
      expect(() => factor.superBlocks(first, count)).toThrow(
        expect.objectContaining({ code: "SUPER_BLOCKS_RANGE" }),
      );
    }
  });

  it("has a dense form with each value in its place and zeros elsewhere", () => {
    const factor = numbered(new Pattern(2, 1, 2, 2));
    expect([...factor.dense()]).toEqual(
      // biome-ignore format: a matrix
      [
        1, 0, 3, 0, 0, 0, 0, 0,
        0, 2, 0, 4, 0, 0, 0, 0,
        0, 0, 0, 0, 5, 0, 7, 0,
        0, 0, 0, 0, 0, 6, 0, 8,
      ],
    );
    fc.assert(
      fc.property(patterns, (pattern) => {
        const dense = numbered(pattern).dense();
        const { cols, nonZeros } = pattern;
        const misplaced = dense.findIndex(
          (value, index) =>
            (value !== 0) !== isSupported(pattern, Math.floor(index / cols), index % cols),
        );
        expect(misplaced).toBe(-1);
        expect(new Set(dense.filter((value) => value !== 0)).size).toBe(nonZeros);
      }),
    );
  });

  it("comes back from its dense form", () => {
    fc.assert(
      fc.property(patterns, (pattern) => {
        const factor = numbered(pattern);
        expect(KroneckerSparse.fromDense(pattern, factor.dense())).toEqual(factor);
      }),
    );
  });

  it("refuses a dense matrix of another size or with an entry off the support", () => {
    const pattern = new Pattern(2, 1, 1, 1);
    expect(() => KroneckerSparse.fromDense(pattern, new Float32Array(5))).toThrow(
      expect.objectContaining({ code: "DENSE_LENGTH", message: expect.stringContaining("2 x 2") }),
    );
    for (const stray of [0.25, Number.NaN]) {
      expect(() => KroneckerSparse.fromDense(pattern, Float64Array.of(1, 0, stray, 1))).toThrow(
        expect.objectContaining({
          code: "OFF_SUPPORT",
          message: expect.stringContaining(`row 1, column 0 is ${stray}`),
        }),
      );
    }
  });

  it("refuses an absurd dense form before allocating it", () => {
    const factor = new KroneckerSparse(new Pattern(2 ** 15, 1, 1, 1), new Float32Array(2 ** 15));
    expect(() => factor.dense()).toThrow(
      expect.objectContaining({
        code: "DENSE_TOO_LARGE",
        message: expect.stringContaining("32768 x 32768"),
      }),
    );
  });

  it("refuses absurd random values before allocating them", () => {
    expect(() => KroneckerSparse.random(new Pattern(1, 2 ** 25, 2 ** 25, 1), { seed: 0 })).toThrow(
      expect.objectContaining({ code: "ARRAY_TOO_LARGE" }),
    );
  });

  it("transposes as the dense matrix does", () => {
    fc.assert(
      fc.property(patterns, (pattern) => {
        const factor = numbered(pattern);
        const { rows, cols } = pattern;
        expect(factor.transpose().dense()).toEqual(transposed(factor.dense(), rows, cols));
        expect(factor.transpose().transpose()).toEqual(factor);
      }),
    );
  });

  it("converts to float32 by rounding and to float64 exactly", () => {
    const factor = KroneckerSparse.random(new Pattern(2, 3, 4, 5), { seed: 3, dtype: "float64" });
    const rounded = factor.convert("float32");
    expect(rounded.values).toEqual(Float32Array.from(factor.values));
    expect(rounded.convert("float64").values).toEqual(Float64Array.from(rounded.values));
  });
});

describe("KroneckerSparse.matmul", () => {
  const size = fc.integer({ min: 1, max: 3 });
  /** Every chainable pair is of this form. */
  const pairs = fc
    .record({ a: size, grow: size, b: size, c: size, rank: size, shrink: size, d: size })
    .map(({ a, grow, b, c, rank, shrink, d }) => ({
      left: new Pattern(a, b, rank * grow, shrink * d),
      right: new Pattern(a * grow, rank * shrink, c, d),
    }));
  /** Small whole numbers: their products and sums are exact, whatever the order. */
  const whole = (pattern: Pattern, seed: number): KroneckerSparse => {
    const { values } = KroneckerSparse.random(pattern, { seed });
    return new KroneckerSparse(
      pattern,
      values.map((value) => Math.round(8 * value)),
    );
  };

  it("is the dense product, for every chainable pair", () => {
    fc.assert(
      fc.property(pairs, fc.nat(), ({ left, right }, seed) => {
        const [first, second] = [whole(left, seed), whole(right, seed + 1)];
        const { cols } = right;
        const product = first.matmul(second);
        const expected = referenceProduct(first, second.dense(), {
          batch: cols,
          layout: "batch-last",
        });
        expect(product.dense()).toEqual(expected);
      }),
    );
  });

  it("is the transpose of the product of the transposes in reverse", () => {
    fc.assert(
      fc.property(pairs, fc.nat(), ({ left, right }, seed) => {
        const [first, second] = [whole(left, seed), whole(right, seed + 1)];
        const reversed = second.transpose().matmul(first.transpose());
        expect(reversed).toEqual(first.matmul(second).transpose());
      }),
    );
  });

  it("refuses a neighbour that is not chainable", () => {
    const factor = KroneckerSparse.random(new Pattern(1, 2, 3, 1), { seed: 0 });
    expect(() => factor.matmul(factor)).toThrow(
      expect.objectContaining({ code: "CHAIN_NOT_CHAINABLE" }),
    );
  });
});

describe("KroneckerSparse.random", () => {
  it("is determined by the seed, the same in both precisions up to rounding", () => {
    const pattern = new Pattern(2, 3, 4, 5);
    const factor = KroneckerSparse.random(pattern, { seed: 1 });
    expect(KroneckerSparse.random(pattern, { seed: 1 })).toEqual(factor);
    expect(KroneckerSparse.random(pattern, { seed: 2 })).not.toEqual(factor);
    const double = KroneckerSparse.random(pattern, { seed: 1, dtype: "float64" });
    expect(double.convert("float32")).toEqual(factor);
  });

  it("preserves variance: uniform within ±sqrt(3/c), of variance 1/c", () => {
    const pattern = new Pattern(4, 64, 27, 4);
    const { values } = KroneckerSparse.random(pattern, { seed: 5, dtype: "float64" });
    const bound = Math.sqrt(3 / 27);
    const variance = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
    expect(values.every((value) => Math.abs(value) <= bound)).toBe(true);
    // Six standard deviations of the mean square, whose variance is bound^4 * 4/45 over the count.
    const deviation = bound ** 2 * Math.sqrt(4 / 45 / values.length);
    expect(Math.abs(variance - 1 / 27)).toBeLessThan(6 * deviation);
  });
});
