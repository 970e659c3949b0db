import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BatchShape, LAYOUTS, stridesOf } from "../numeric/layout.ts";
import { draw, uniform } from "../numeric/random.ts";
import { Chain } from "../pattern/chain.ts";
import { Pattern } from "../pattern/pattern.ts";
import { Butterfly } from "./butterfly.ts";
import { KroneckerSparse } from "./kronecker-sparse.ts";
import { referenceProduct } from "./reference-product.ts";

const chains = [
  "3,2,4,2",
  "1,2,2,2;2,2,2,1",
  "1,2,2,4;2,2,2,2;4,2,2,1",
  "1,3,2,6;2,2,6,3;6,6,1,1",
  "2,1,6,6;4,9,2,2;4,2,5,2",
  "1,5,2,4;1,8,6,1;3,2,4,1",
  "2,3,4,2;2,4,1,2;2,1,3,2",
  Chain.monarch({ rows: 12, cols: 30, blocks: 6, rank: 2 }).toString(),
].map((text) => Chain.parse(text));
const matrices = fc
  .record({
    chain: fc.constantFrom(...chains, ...chains.map((chain) => chain.transpose())),
    seed: fc.nat(),
  })
  .map(({ chain, seed }) => Butterfly.random(chain, { seed, dtype: "float64" }));

interface Dense {
  readonly rows: number;
  readonly cols: number;
  readonly entries: Float64Array;
}

function denseProduct(left: Dense, right: Dense): Dense {
  const entries = new Float64Array(left.rows * right.cols);
  for (let row = 0; row < left.rows; row++) {
    for (let column = 0; column < right.cols; column++) {
      let sum = 0;
      for (let m = 0; m < left.cols; m++) {
        sum +=
          (left.entries[row * left.cols + m] as number) *
          (right.entries[m * right.cols + column] as number);
      }
      entries[row * right.cols + column] = sum;
    }
  }
  return { rows: left.rows, cols: right.cols, entries };
}

/** The product of the factors' dense forms, and of their absolute values, which bounds its error. */
function multiplyOut(factors: readonly KroneckerSparse<Float64Array>[]): [Dense, Dense] {
  const dense = factors.map((factor): Dense => {
    const { rows, cols } = factor.pattern;
    return { rows, cols, entries: factor.dense() };
  });
  const magnitudes = dense.map(
    (matrix): Dense => ({ ...matrix, entries: matrix.entries.map(Math.abs) }),
  );
  return [dense.reduce(denseProduct), magnitudes.reduce(denseProduct)];
}

/** Both sides round each of at most `terms` operations on the way to an entry. */
function expectEqual(
  actual: Float64Array,
  expected: Float64Array,
  magnitude: Float64Array,
  terms: number,
): void {
  expect(actual.length).toBe(expected.length);
  const wrong = expected.findIndex((value, index) => {
    const bound = 2 * terms * Number.EPSILON * (magnitude[index] as number);
    return !(Math.abs((actual[index] as number) - value) <= bound);
  });
  expect(wrong, `${actual[wrong]} instead of ${expected[wrong]}`).toBe(-1);
}

const operations = (matrix: Butterfly<Float64Array>): number =>
  matrix.factors.reduce((sum, { pattern }) => sum + pattern.cols, 0);

describe("Butterfly", () => {
  it("has the product of its factors as dense form", () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        const [product, magnitude] = multiplyOut(matrix.factors);
        expectEqual(matrix.dense(), product.entries, magnitude.entries, operations(matrix));
      }),
    );
  });

  it("multiplies vectors as its dense form does, in both layouts", () => {
    const shapes = fc.record<BatchShape>({
      batch: fc.integer({ min: 1, max: 7 }),
      layout: fc.constantFrom(...LAYOUTS),
    });
    fc.assert(
      fc.property(matrices, shapes, fc.nat(), (matrix, shape, seed) => {
        const { rows, cols } = matrix.chain;
        const x = draw(uniform(seed), cols * shape.batch, 1, "float64");
        const from = stridesOf(shape, cols);
        const columns = x.map((_, index) => {
          const [feature, n] = [Math.floor(index / shape.batch), index % shape.batch];
          return x[feature * from.feature + n * from.vector] as number;
        });
        const inputs: Dense = { rows: cols, cols: shape.batch, entries: columns };
        const [product, magnitude] = multiplyOut(matrix.factors);
        const expected = denseProduct(product, inputs).entries;
        const bound = denseProduct(magnitude, { ...inputs, entries: columns.map(Math.abs) });

        const y = referenceProduct(matrix, x, shape);
        const to = stridesOf(shape, rows);
        const result = y.map((_, index) => {
          const [feature, n] = [Math.floor(index / shape.batch), index % shape.batch];
          return y[feature * to.feature + n * to.vector] as number;
        });
        expectEqual(result, expected, bound.entries, operations(matrix) + cols);
      }),
    );
  });

  it("is transposed by transposing its factors in reverse: (A B)^T = B^T A^T", () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        const { rows, cols } = matrix.chain;
        const [product, magnitude] = multiplyOut(matrix.factors);
        const flip = ({ entries }: Dense): Float64Array =>
          entries.map((_, i) => entries[(i % rows) * cols + Math.floor(i / rows)] as number);
        const transposed = matrix.transpose();
        expect(transposed.chain.toString()).toBe(matrix.chain.transpose().toString());
        expectEqual(transposed.dense(), flip(product), flip(magnitude), operations(matrix));
        expect(transposed.transpose()).toEqual(matrix);
      }),
    );
  });

  it("is the same matrix when any run of neighbours is merged into one factor", () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        const [product, magnitude] = multiplyOut(matrix.factors);
        for (let from = 0; from < matrix.chain.length; from++) {
          for (let to = from + 1; to <= matrix.chain.length; to++) {
            const merged = matrix.merge(from, to);
            expect(merged.chain.patterns.map(String)).toEqual(
              matrix.chain.patterns
                .toSpliced(from, to - from, matrix.chain.product(from, to))
                .map(String),
            );
            expectEqual(merged.dense(), product.entries, magnitude.entries, operations(matrix));
          }
        }
      }),
    );
  });

  it("is a product of dense matrices where its factors are not chainable, and merges where they are", () => {
    const turning = ["1,5,4,4;4,4,4,1;1,4,3,4", "1,4,2,3;3,2,4,1", "2,2,3,2;3,4,4,1;1,12,5,1"];
    for (const text of turning) {
      const matrix = Butterfly.random(Chain.parse(text), { seed: 3, dtype: "float64" });
      const { chain, factors } = matrix;
      expect(chain.chainable).toBe(false);
      const [product, magnitude] = multiplyOut(factors);
      expectEqual(matrix.dense(), product.entries, magnitude.entries, operations(matrix));
      const turned = matrix.transpose().transpose();
      expectEqual(turned.dense(), product.entries, magnitude.entries, operations(matrix));
      for (let from = 0; from < chain.length; from++) {
        for (let to = from + 1; to <= chain.length; to++) {
          if (chain.isChainable(from, to)) {
            const merged = matrix.merge(from, to);
            expectEqual(merged.dense(), product.entries, magnitude.entries, operations(matrix));
          } else {
            const refused = expect.objectContaining({ code: "CHAIN_NOT_CHAINABLE" });
            expect(() => matrix.merge(from, to)).toThrow(refused);
          }
        }
      }
    }
  });

  it("rounds float32 once, whatever the number of factors", () => {
    const single = Butterfly.random(Chain.squareDyadic(64), { seed: 9 });
    const double = new Butterfly(single.factors.map((factor) => factor.convert("float64")));
    const x = draw(uniform(10), 3 * 64, 1, "float32");
    const shape = { batch: 3, layout: "batch-first" } as const;
    const exact = referenceProduct(double, Float64Array.from(x), shape);
    expect(referenceProduct(single, x, shape)).toEqual(Float32Array.from(exact));
    expect(single.dense()).toEqual(Float32Array.from(double.dense()));
    expect(single.merge(1, 5).factors[1]?.values).toEqual(
      Float32Array.from(double.merge(1, 5).factors[1]?.values ?? []),
    );
  });

  it("is determined by the seed, with factors that differ from one another", () => {
    const chain = Chain.parse("2,2,2,2;2,2,2,2");
    const matrix = Butterfly.random(chain, { seed: 4 });
    expect(Butterfly.random(chain, { seed: 4 })).toEqual(matrix);
    expect(matrix.factors[0]?.values).not.toEqual(matrix.factors[1]?.values);
  });

  it("refuses factors that are no chain, vectors that do not fit, and runs that do not exist", () => {
    const factor = KroneckerSparse.random(new Pattern(1, 2, 3, 1), { seed: 0 });
    expect(() => new Butterfly([])).toThrow(expect.objectContaining({ code: "CHAIN_EMPTY" }));
    expect(() => new Butterfly([factor, factor])).toThrow(
      expect.objectContaining({ code: "CHAIN_NOT_CHAINABLE" }),
    );
    expect(() => factor.matmul(factor)).toThrow(
      expect.objectContaining({ code: "CHAIN_NOT_CHAINABLE" }),
    );
    const matrix = new Butterfly([factor, factor.transpose()]);
    expect(() =>
      referenceProduct(matrix, new Float32Array(3), { batch: 1, layout: "batch-first" }),
    ).toThrow(
      expect.objectContaining({ code: "INPUT_LENGTH", message: expect.stringContaining("3") }),
    );
    expect(() =>
      referenceProduct(matrix, new Float32Array(2), { batch: -1, layout: "batch-first" }),
    ).toThrow(expect.objectContaining({ code: "BATCH_INVALID" }));
    expect(() => matrix.merge(1, 1)).toThrow(expect.objectContaining({ code: "CHAIN_RANGE" }));
  });

  it("refuses an absurd dense form before allocating it", () => {
    expect(() => Butterfly.random(Chain.squareDyadic(2 ** 15), { seed: 0 }).dense()).toThrow(
      expect.objectContaining({ code: "DENSE_TOO_LARGE" }),
    );
  });
});
