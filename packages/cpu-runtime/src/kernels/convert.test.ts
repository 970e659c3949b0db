import { expect, it } from "vitest";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { rowsFromTiles, tilesFromRows } from "./convert.ts";

const SIZES = [
  [1, 1],
  [1, 5000],
  [2, 3],
  [4, 4],
  [7, 9],
  [12, 6],
  [13, 2051],
  [16, 8],
  [35, 5],
  [5000, 7],
] as const;

it.each(SIZES)(
  "%d vectors of %d features go to tiles and back, bit by bit",
  (vectors, features) => {
    const rows = Float32Array.from({ length: vectors * features }, (_, index) => index + 0.5);
    // Not only finite numbers: a conversion computes nothing.
    rows.set([Number.NaN, Number.POSITIVE_INFINITY, -0].slice(0, rows.length));
    for (const simd of BOTH_SIMDS) {
      for (const order of [undefined, "backwards"] as const) {
        const options = { simd, ...(order && { order }) };
        const { tiles } = runKernel(tilesFromRows({ vectors, features }), { rows }, options);
        expect(tiles?.every((number, at) => Object.is(number, rows[at]))).toBe(true);
        const back = runKernel(rowsFromTiles({ vectors, features }), { tiles: rows }, options);
        expect(back.rows?.every((number, at) => Object.is(number, rows[at]))).toBe(true);
      }
    }
  },
);

it("sizes that are no whole numbers of at least 1 are refused", () => {
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  for (const bad of [0, -1, 1.5, Number.NaN]) {
    expect(() => tilesFromRows({ vectors: bad, features: 1 })).toThrow(refused);
    expect(() => rowsFromTiles({ vectors: 1, features: bad })).toThrow(refused);
  }
});
