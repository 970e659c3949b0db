import { describe, expect, it } from "vitest";
import { draw } from "../testing/draw.ts";
import { expectSame } from "../testing/expect-within.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { spreadVectors } from "./spread-vectors.ts";

const SHAPES: readonly [sequences: number, period: number, features: number][] = [
  [1, 1, 5],
  [1, 3, 6],
  [1, 40, 700],
  [3, 4, 7],
  [5, 1, 3],
  [4, 9, 5],
  [20, 17, 4],
];

/** The first of the numbers that is the largest, or the first that is NaN. */
function firstLargest(numbers: readonly number[]): number {
  const nan = numbers.findIndex(Number.isNaN);
  return nan >= 0 ? nan : numbers.indexOf(Math.max(...numbers));
}

describe.each(["sum", "mean", "max"] as const)("the gradient of the %s", (reduce) => {
  it.each(SHAPES)("of each of %d sequences of %d vectors of %d features", (...shape) => {
    const [sequences, period, features] = shape;
    // Few different numbers, of which several are the largest.
    const x = draw(sequences * period * features, 5).map((number) => Math.round(3 * number));
    if (x.length > 9) x.set([Number.NaN, Number.POSITIVE_INFINITY], 4);
    const dy = draw(sequences * features, 6);
    dy[0] = Number.NEGATIVE_INFINITY;
    for (const given of [false, true]) {
      const lengths = Uint32Array.from({ length: sequences }, (_, at) =>
        given ? (at * 5 + 2) % (period + 1) : period,
      );
      const expected = Array.from({ length: x.length }, (_, at) => {
        const [vector, feature] = [Math.floor(at / features), at % features];
        const [sequence, index] = [Math.floor(vector / period), vector % period];
        const length = lengths[sequence] as number;
        const number = dy[sequence * features + feature] as number;
        if (index >= length) return 0;
        if (reduce !== "max") return Math.fround(number / (reduce === "mean" ? length : 1));
        const numbers = Array.from(
          { length },
          (_, place) => x[(sequence * period + place) * features + feature] as number,
        );
        return firstLargest(numbers) === index ? number : 0;
      });
      const call = spreadVectors({ sequences, period, features, reduce, lengths: given });
      for (const simd of BOTH_SIMDS) {
        const { dx } = runKernel(call, { dy, x, lengths }, { simd, order: "backwards" });
        expectSame(dx, expected);
      }
    }
  });
});

it("refuses what is no reduction", () => {
  const problem = { sequences: 2, period: 3, features: 4, lengths: false };
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  expect(() => spreadVectors({ ...problem, reduce: "least" as never })).toThrow(refused);
  expect(() => spreadVectors({ ...problem, reduce: "sum", period: 0 })).toThrow(refused);
});
