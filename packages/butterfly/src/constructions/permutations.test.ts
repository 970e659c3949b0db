import fc from "fast-check";
import { expect, it } from "vitest";
import { invertPermutation } from "../matrix/permutation.ts";
import { bitReversal, digitReversal, evenThenOdd, transposition, waveletOrder } from "./index.ts";

it("digits in mixed radix are reversed, and reversed back by the radices in reverse order", () => {
  const radices = fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 4 });
  fc.assert(
    fc.property(radices, (sizes) => {
      const map = digitReversal(sizes);
      const n = sizes.reduce((product, radix) => product * radix, 1);
      expect(map.length).toBe(n);
      for (let position = 0; position < n; position++) {
        const digits: number[] = [];
        for (let rest = position, at = sizes.length - 1; at >= 0; at--) {
          digits.unshift(rest % (sizes[at] as number));
          rest = Math.floor(rest / (sizes[at] as number));
        }
        // The first digit, which counted the most, counts the least.
        const from = digits.reduceRight((sum, digit, at) => sum * (sizes[at] as number) + digit, 0);
        expect(map[position]).toBe(from);
      }
      expect(invertPermutation(map)).toEqual(digitReversal(sizes.toReversed()));
    }),
    { numRuns: 20 },
  );
  expect([...bitReversal(8)]).toEqual([0, 4, 2, 6, 1, 5, 3, 7]);
  expect([...digitReversal([])]).toEqual([0]);
});

it("grids are transposed", () => {
  const [rows, cols] = [3, 5];
  const map = transposition(rows, cols);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) expect(map[j * rows + i]).toBe(i * cols + j);
  }
});

it("wavelet coefficients come in the order of their scales, of any number", () => {
  expect([...waveletOrder(8)]).toEqual([0, 4, 2, 6, 1, 3, 5, 7]);
  expect([...waveletOrder(7)]).toEqual([0, 4, 2, 6, 1, 3, 5]);
  expect([...waveletOrder(12, 2)]).toEqual([0, 4, 8, 2, 6, 10, 1, 3, 5, 7, 9, 11]);
  expect(waveletOrder(13, 1)).toEqual(evenThenOdd(13));
  expect([...waveletOrder(5, 0)]).toEqual([0, 1, 2, 3, 4]);
  for (const n of [1, 2, 3, 17, 48]) expect(invertPermutation(waveletOrder(n)).length).toBe(n);
});
