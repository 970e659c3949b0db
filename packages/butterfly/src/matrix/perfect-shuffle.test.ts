import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BatchShape, LAYOUTS } from "../numeric/layout.ts";
import { draw, uniform } from "../numeric/random.ts";
import { Pattern } from "../pattern/pattern.ts";
import { KroneckerSparse } from "./kronecker-sparse.ts";
import { blockDiagonal, inputShuffle, outputShuffle, perfectShuffle } from "./perfect-shuffle.ts";
import { invertPermutation, permuteFeatures } from "./permutation.ts";
import { referenceProduct } from "./reference-product.ts";

const entry = fc.integer({ min: 1, max: 6 });
const patterns = fc
  .tuple(entry, entry, entry, entry)
  .map(([a, b, c, d]) => new Pattern(a, b, c, d));
const shapes = fc.record<BatchShape>({
  batch: fc.integer({ min: 1, max: 7 }),
  layout: fc.constantFrom(...LAYOUTS),
});

describe("perfectShuffle", () => {
  it("deals a deck in two halves", () => {
    expect([...perfectShuffle(1, 2, 4)]).toEqual([0, 4, 1, 5, 2, 6, 3, 7]);
    expect([...perfectShuffle(2, 2, 2)]).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
  });

  it("is undone by the shuffle with rows and columns exchanged", () => {
    fc.assert(
      fc.property(entry, entry, entry, (outer, rows, columns) => {
        const map = perfectShuffle(outer, rows, columns);
        expect(invertPermutation(map)).toEqual(perfectShuffle(outer, columns, rows));
      }),
    );
  });

  it("is refused when it is absurdly long", () => {
    expect(() => perfectShuffle(2 ** 20, 2 ** 20, 1)).toThrow(
      expect.objectContaining({ code: "ARRAY_TOO_LARGE" }),
    );
  });
});

describe("a Kronecker-sparse factor", () => {
  it("is a shuffle, a block-diagonal matrix and a shuffle", () => {
    fc.assert(
      fc.property(patterns, shapes, fc.nat(), (pattern, shape, seed) => {
        const factor = KroneckerSparse.random(pattern, { seed });
        const x = draw(uniform(seed + 1), pattern.cols * shape.batch, 1, "float32");

        const gathered = permuteFeatures(inputShuffle(pattern), x, shape);
        const products = referenceProduct(blockDiagonal(factor), gathered, shape);
        const y = permuteFeatures(outputShuffle(pattern), products, shape);

        // The same sums in the same order: equal to the last bit.
        expect(y).toEqual(referenceProduct(factor, x, shape));
      }),
    );
  });

  it("needs no shuffles when d = 1", () => {
    const pattern = new Pattern(3, 2, 4, 1);
    const factor = KroneckerSparse.random(pattern, { seed: 0 });
    expect([...inputShuffle(pattern)]).toEqual([...Array(12).keys()]);
    expect([...outputShuffle(pattern)]).toEqual([...Array(6).keys()]);
    expect(blockDiagonal(factor)).toEqual(factor);
  });
});

describe("permuteFeatures", () => {
  it("is undone by the inverse", () => {
    fc.assert(
      fc.property(patterns, shapes, fc.nat(), (pattern, shape, seed) => {
        const x = draw(uniform(seed), pattern.cols * shape.batch, 1, "float64");
        const map = inputShuffle(pattern);
        expect(
          permuteFeatures(invertPermutation(map), permuteFeatures(map, x, shape), shape),
        ).toEqual(x);
      }),
    );
  });

  it("refuses vectors of another length", () => {
    const shape = { batch: 2, layout: "batch-last" } as const;
    expect(() => permuteFeatures(perfectShuffle(1, 2, 2), new Float32Array(7), shape)).toThrow(
      expect.objectContaining({
        code: "INPUT_LENGTH",
        message: "The input has 7 elements, but 2 vectors of 4 make 8.",
      }),
    );
  });
});

describe("invertPermutation", () => {
  it.each([
    [[0, 1, 1], "The index 1 at position 1 of 3"],
    [[0, 1, 3], "The index 3 at position 2 of 3"],
  ])("refuses %j, which is not a permutation", (map, text) => {
    expect(() => invertPermutation(Uint32Array.from(map))).toThrow(
      expect.objectContaining({
        code: "PERMUTATION_INVALID",
        message: expect.stringContaining(text),
      }),
    );
  });
});
