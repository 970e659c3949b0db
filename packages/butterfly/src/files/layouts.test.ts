import { describe, expect, it } from "vitest";
import { Butterfly } from "../matrix/butterfly.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { referenceProduct } from "../matrix/reference-product.ts";
import { uniform } from "../numeric/random.ts";
import { Chain } from "../pattern/chain.ts";
import { Pattern } from "../pattern/pattern.ts";
import {
  type DenseTensor,
  fromMonarchPair,
  fromValuesLayout,
  toMonarchPair,
  toValuesLayout,
} from "./layouts.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const vector = { batch: 1, layout: "batch-first" } as const;

function draw(shape: readonly number[], seed: number): DenseTensor<Float64Array> {
  const length = shape.reduce((product, size) => product * size, 1);
  return { shape, values: Float64Array.from({ length }, uniform(seed)) };
}

/** An element by its indices. */
function at({ shape, values }: DenseTensor<Float64Array>, ...indices: number[]): number {
  return values[
    indices.reduce((offset, index, axis) => offset * (shape[axis] as number) + index, 0)
  ] as number;
}

function expectClose(actual: Float64Array, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [index, value] of expected.entries()) expect(actual[index]).toBeCloseTo(value, 12);
}

describe("values in the order of another system", () => {
  const pattern = new Pattern(2, 3, 4, 5);
  const { a, b, c, d } = pattern;
  const factor = KroneckerSparse.random(pattern, { seed: 1, dtype: "float64" });
  const canonical = { shape: [a, b, c, d], values: factor.values };

  it.each([
    ["adcb", [a, d, c, b], (i: number, j: number, l: number, k: number) => [i, k, l, j]],
    ["adbc", [a, d, b, c], (i: number, j: number, l: number, k: number) => [i, k, j, l]],
    ["abcd", [a, b, c, d], (i: number, j: number, l: number, k: number) => [i, j, l, k]],
  ] as const)("%s are where that says, and come back", (layout, shape, place) => {
    const values = toValuesLayout(factor, layout);
    for (let i = 0; i < a; i++) {
      for (let j = 0; j < b; j++) {
        for (let l = 0; l < c; l++) {
          for (let k = 0; k < d; k++) {
            expect(at({ shape, values }, ...place(i, j, l, k))).toBe(at(canonical, i, j, l, k));
          }
        }
      }
    }
    expect(fromValuesLayout(pattern, values, layout).values).toEqual(factor.values);
  });
});

describe("a Monarch pair", () => {
  it.each([
    [4, 4, 4, 4, 4, 4],
    [2, 6, 5, 3, 7, 4],
    // Not chainable: l does not divide q.
    [4, 3, 2, 2, 2, 6],
  ])("multiplies as its definition says (k=%i q=%i p=%i l=%i s=%i r=%i)", (k, q, p, l, s, r) => {
    const [first, second] = [draw([k, q, p], 2), draw([l, s, r], 3)];
    const x = draw([k * p], 4).values;
    const hidden = Array.from({ length: k * q }, (_, index) => {
      const block = Math.floor(index / q);
      return Array.from(
        { length: p },
        (__, t) => at(first, block, index % q, t) * (x[block * p + t] as number),
      ).reduce((sum, one) => sum + one, 0);
    });
    // The hidden vector is a matrix [r, l]; each of its columns is multiplied by a block.
    const expected = Array.from({ length: s * l }, (_, index) => {
      const [row, block] = [Math.floor(index / l), index % l];
      return Array.from(
        { length: r },
        (__, t) => at(second, block, row, t) * (hidden[t * l + block] as number),
      ).reduce((sum, one) => sum + one, 0);
    });
    const butterfly = fromMonarchPair(first, second);
    expectClose(referenceProduct(butterfly, x, vector), expected);
    expect(toMonarchPair(butterfly)).toEqual({ first, second });
  });

  it("that is not valid is refused", () => {
    expect(() => fromMonarchPair(draw([2, 2], 1), draw([2, 2, 2], 1))).toThrow(
      code("TENSOR_SHAPE"),
    );
    expect(() => fromMonarchPair(draw([4, 3, 2], 1), draw([2, 2, 5], 1))).toThrow(
      code("CHAIN_NOT_CHAINABLE"),
    );
    const dyadic = Butterfly.random(Chain.squareDyadic(8), { seed: 1, dtype: "float64" });
    expect(() => toMonarchPair(dyadic)).toThrow(code("TENSOR_SHAPE"));
  });
});
