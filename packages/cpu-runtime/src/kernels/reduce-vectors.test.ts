import { describe, expect, it } from "vitest";
import { draw } from "../testing/draw.ts";
import { expectWithin } from "../testing/expect-within.ts";
import { reduced } from "../testing/reduce.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { reduceVectors } from "./reduce-vectors.ts";

const SHAPES: readonly [sequences: number, period: number, features: number][] = [
  [1, 1, 5],
  [1, 3, 6],
  [1, 40, 700],
  [3, 4, 7],
  [5, 1, 3],
  [4, 9, 5],
  [20, 17, 4],
];

describe.each(["sum", "mean", "max"] as const)("the %s", (reduce) => {
  it.each(SHAPES)("of each of %d sequences of %d vectors of %d features", (...shape) => {
    const [sequences, period, features] = shape;
    const x = draw(sequences * period * features, 5);
    const [nan, infinity] = [Number.NaN, Number.POSITIVE_INFINITY];
    x.set([nan, infinity, -infinity].slice(0, x.length - 1), x.length > 6 ? 4 : 1);
    for (const given of [false, true]) {
      const lengths = Uint32Array.from({ length: sequences }, (_, at) =>
        given ? (at * 5 + 2) % (period + 1) : period,
      );
      const results = Array.from({ length: sequences * features }, (_, at) => {
        const [sequence, feature] = [Math.floor(at / features), at % features];
        const numbers = Array.from(
          { length: lengths[sequence] as number },
          (_, vector) => x[(sequence * period + vector) * features + feature] as number,
        );
        return reduced(reduce, numbers);
      });
      const call = reduceVectors({ sequences, period, features, reduce, lengths: given });
      for (const simd of BOTH_SIMDS) {
        const { y } = runKernel(call, { x, lengths }, { simd, order: "backwards" });
        const expected = results.map(([value]) => value);
        expectWithin(y, expected, (index) => results[index]?.[1] as number);
      }
    }
  });
});

it("threads share the features of a single long sequence", () => {
  const [period, features] = [9001, 50];
  const x = draw(period * features, 6);
  const call = reduceVectors({ sequences: 1, period, features, reduce: "sum", lengths: false });
  expect(call.items).toBe(4);
  const results = Array.from({ length: features }, (_, feature) =>
    reduced(
      "sum",
      Array.from({ length: period }, (_, vector) => x[vector * features + feature] as number),
    ),
  );
  for (const simd of BOTH_SIMDS) {
    const { y } = runKernel(call, { x }, { simd, order: "backwards" });
    const expected = results.map(([value]) => value);
    expectWithin(y, expected, (index) => results[index]?.[1] as number);
  }
});

it("refuses what is no reduction", () => {
  const problem = { sequences: 2, period: 3, features: 4, lengths: false };
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  expect(() => reduceVectors({ ...problem, reduce: "least" as never })).toThrow(refused);
  expect(() => reduceVectors({ ...problem, reduce: "sum", period: 0 })).toThrow(refused);
});
