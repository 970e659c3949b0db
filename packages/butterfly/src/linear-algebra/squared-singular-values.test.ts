import { describe, expect, it } from "vitest";
import { uniform } from "../numeric/random.ts";
import { matrix } from "./dense-matrix.ts";
import { squaredSingularValues } from "./squared-singular-values.ts";

/** Rows and columns of a block matrix, out of order, with a row and two columns of zeros between. */
const ROWS = [[4, 0], [2], [5, 1]];
const COLS = [[6, 1], [0, 3, 4], [2]];

describe("squared singular values", () => {
  it("are those of the parts that no entry connects", () => {
    // [[3, 0], [4, 5]] has 45 and 5; a row 1, 2, 2 has 9; a column 3, 1 has 10.
    const parts = [
      [
        [3, 0],
        [4, 5],
      ],
      [[1, 2, 2]],
      [[3], [1]],
    ];
    const a = matrix(7, 8, false);
    for (const [index, part] of parts.entries()) {
      for (const [p, row] of (ROWS[index] as number[]).entries()) {
        for (const [q, column] of (COLS[index] as number[]).entries()) {
          a.re[row * 8 + column] = part[p]?.[q] as number;
        }
      }
    }
    const work: number[] = [];
    const squares = squaredSingularValues(a, (amount) => work.push(amount));
    expect([...squares].map((value) => Math.round(value * 1e12) / 1e12)).toEqual([
      45, 10, 9, 5, 0, 0, 0,
    ]);
    expect(work).toHaveLength(1);
    expect(work[0]).toBeLessThan(50);
  });

  it("of a complex matrix have its norm and determinant", () => {
    const next = uniform(3);
    const a = matrix(2, 2, true);
    for (const part of [a.re, a.im as Float64Array])
      part.set(Float64Array.from({ length: 4 }, next));
    const [first, second] = squaredSingularValues(a) as unknown as [number, number];
    const [re, im] = [a.re, a.im as Float64Array] as unknown as [number[], number[]];
    const times = (p: number, q: number): readonly [number, number] => [
      (re[p] as number) * (re[q] as number) - (im[p] as number) * (im[q] as number),
      (re[p] as number) * (im[q] as number) + (im[p] as number) * (re[q] as number),
    ];
    const [ad, bc] = [times(0, 3), times(1, 2)];
    const determinant = (ad[0] - bc[0]) ** 2 + (ad[1] - bc[1]) ** 2;
    const norm = [...re, ...im].reduce((sum, value) => sum + value ** 2, 0);
    expect(first + second).toBeCloseTo(norm, 12);
    expect(first * second).toBeCloseTo(determinant, 12);
    expect(first).toBeGreaterThan(second);
  });

  it("are not computed where what is called before the work throws", () => {
    const a = matrix(3, 3, false);
    a.re.fill(1);
    const refuse = (): never => {
      throw new Error("too much");
    };
    expect(() => squaredSingularValues(a, refuse)).toThrow("too much");
  });
});
