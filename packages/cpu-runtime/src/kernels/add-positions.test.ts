import { describe, expect, it } from "vitest";
import { draw } from "../testing/draw.ts";
import { expectSame } from "../testing/expect-within.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { addPositions } from "./add-positions.ts";

const SHAPES: readonly [sequences: number, period: number, features: number][] = [
  [1, 1, 7],
  [1, 1, 9000],
  [5, 1, 6],
  [1, 9, 5],
  [3, 5, 9],
  [2, 16, 8],
  [1, 196, 12],
  [40, 3, 600],
  [2, 2500, 3],
];

describe.each(BOTH_SIMDS)("rows of a table are added, with %s SIMD", (simd) => {
  it.each(SHAPES)("to %d sequences of %d vectors of %d features", (sequences, period, features) => {
    const x = draw(sequences * period * features, 1);
    x[0] = Number.NaN;
    for (const prepended of [false, true]) {
      for (const start of [undefined, 2]) {
        const length = period + (prepended ? 1 : 0);
        const positions = length + 3;
        const table = draw(positions * features, 2);
        const first = draw(features, 3);
        const call = addPositions({
          ...{ vectors: sequences * period, features, period, positions, prepended },
          position: start !== undefined,
        });
        const { y } = runKernel(
          call,
          { x, table, prepended: first, position: Uint32Array.of(start ?? 0) },
          { simd, order: "backwards" },
        );
        const expected = Float32Array.from({ length: sequences * length * features }, (_, at) => {
          const [vector, feature] = [Math.floor(at / features), at % features];
          const [sequence, place] = [Math.floor(vector / length), vector % length];
          const own = sequence * period + place - (prepended ? 1 : 0);
          const number = prepended && place === 0 ? first[feature] : x[own * features + feature];
          const row = (start ?? 0) + place;
          return (number as number) + (table[row * features + feature] as number);
        });
        expectSame(y, expected);
      }
    }
  });
});

it("refuses a period that divides no sequence, and a table that is too short", () => {
  const problem = { vectors: 6, features: 2, period: 3, positions: 4 };
  const flags = { prepended: true, position: false };
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  expect(() => addPositions({ ...problem, ...flags })).not.toThrow();
  expect(() => addPositions({ ...problem, ...flags, period: 4 })).toThrow(refused);
  expect(() => addPositions({ ...problem, ...flags, positions: 3 })).toThrow(refused);
});
