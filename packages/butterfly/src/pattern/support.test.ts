import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Pattern } from "./pattern.ts";
import { forEachNonZero, isSupported, supportPicture } from "./support.ts";

type Matrix = number[][];

const entry = fc.integer({ min: 1, max: 5 });
const patterns = fc
  .tuple(entry, entry, entry, entry)
  .map(([a, b, c, d]) => new Pattern(a, b, c, d));

const fill = (rows: number, cols: number, value: (row: number, column: number) => number): Matrix =>
  Array.from({ length: rows }, (_, r) => Array.from({ length: cols }, (_, s) => value(r, s)));
const identity = (n: number): Matrix => fill(n, n, (row, column) => Number(row === column));
const ones = (rows: number, cols: number): Matrix => fill(rows, cols, () => 1);
const kronecker = (left: Matrix, right: Matrix): Matrix =>
  left.flatMap((l) => right.map((r) => l.flatMap((x) => r.map((y) => x * y))));

describe("the support", () => {
  it("is the Kronecker product of an identity, ones and an identity", () => {
    fc.assert(
      fc.property(patterns, (pattern) => {
        const { a, b, c, d, rows, cols } = pattern;
        const product = kronecker(kronecker(identity(a), ones(b, c)), identity(d));
        expect(fill(rows, cols, (r, s) => Number(isSupported(pattern, r, s)))).toEqual(product);
      }),
    );
  });

  it("is visited once, in the order of the values", () => {
    fc.assert(
      fc.property(patterns, (pattern) => {
        const visits = fill(pattern.rows, pattern.cols, () => 0);
        let count = 0;
        forEachNonZero(pattern, (row, column, index) => {
          expect(index).toBe(count++);
          (visits[row] as number[])[column] = ((visits[row] as number[])[column] as number) + 1;
        });
        expect(visits).toEqual(
          fill(pattern.rows, pattern.cols, (r, s) => Number(isSupported(pattern, r, s))),
        );
      }),
    );
  });

  it("is in a picture wherever any entry of a cell is in it", () => {
    fc.assert(
      fc.property(patterns, fc.integer({ min: 1, max: 20 }), (pattern, cells) => {
        const picture = supportPicture(pattern, cells);
        expect(Math.max(picture.rows, picture.cols)).toBeLessThanOrEqual(cells);
        const range = (cell: number, count: number, all: number): number[] => {
          const [from, to] = [
            Math.floor((cell * all) / count),
            Math.ceil(((cell + 1) * all) / count),
          ];
          return Array.from({ length: to - from }, (_, index) => from + index);
        };
        const expected = fill(picture.rows, picture.cols, (row, column) =>
          Number(
            range(row, picture.rows, pattern.rows).some((r) =>
              range(column, picture.cols, pattern.cols).some((s) => isSupported(pattern, r, s)),
            ),
          ),
        );
        const drawn = fill(picture.rows, picture.cols, (row, column) =>
          Number(picture.filled(row, column)),
        );
        expect(drawn).toEqual(expected);
      }),
    );
  });

  it("is drawn at once however many blocks a cell has", () => {
    const most = Number.MAX_SAFE_INTEGER;
    for (const pattern of [
      new Pattern(most, 1, 1, 1),
      new Pattern(2 ** 26, 2, 2, 2 ** 24),
      new Pattern(2 ** 50, 1, 7, 1),
    ]) {
      const { rows, cols, filled } = supportPicture(pattern, 64);
      const drawn = fill(rows, cols, (row, column) => Number(filled(row, column)));
      // The diagonal, whatever is beside it.
      for (const [row, line] of drawn.entries()) {
        expect(line[Math.floor((row * cols) / rows)]).toBe(1);
      }
      if (cols > 2) expect(drawn[0]?.at(-1)).toBe(0);
    }
  });
});
