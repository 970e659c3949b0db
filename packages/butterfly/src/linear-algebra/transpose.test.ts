import { expect, it } from "vitest";
import { adjoint, matrix, transpose } from "./dense-matrix.ts";

// Sides below, at and above a tile's, and not multiples of it.
it.each([
  [1, 1],
  [8, 8],
  [1, 17],
  [9, 7],
  [20, 33],
])("transposes %i x %i, and conjugates where it is asked to", (rows, cols) => {
  for (const complex of [false, true]) {
    const a = matrix(rows, cols, complex);
    for (let index = 0; index < rows * cols; index++) {
      a.re[index] = index + 1;
      if (a.im) a.im[index] = -2 * index - 1;
    }
    const turned = transpose(a);
    const conjugated = adjoint(a);
    expect([turned.rows, turned.cols]).toEqual([cols, rows]);
    for (let row = 0; row < cols; row++) {
      for (let column = 0; column < rows; column++) {
        const [at, from] = [row * rows + column, column * cols + row];
        expect(turned.re[at]).toBe(from + 1);
        expect(conjugated.re[at]).toBe(from + 1);
        expect(turned.im?.[at]).toBe(complex ? -2 * from - 1 : undefined);
        expect(conjugated.im?.[at]).toBe(complex ? 2 * from + 1 : undefined);
      }
    }
  }
});
