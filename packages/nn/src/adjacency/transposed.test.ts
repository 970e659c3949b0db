import { expect, it } from "vitest";
import { sparse } from "../testing/draw.ts";
import { SparseMatrix } from "./sparse-matrix.ts";
import { transposed } from "./transposed.ts";

/** `[rows, cols]` with the values, or ones. */
function dense({ rows, cols, starts, columns, values }: SparseMatrix): number[][] {
  return Array.from({ length: rows }, (_, row) => {
    const numbers = new Array<number>(cols).fill(0);
    for (let entry = starts[row] as number; entry < (starts[row + 1] as number); entry++) {
      numbers[columns[entry] as number] = values?.[entry] ?? 1;
    }
    return numbers;
  });
}

it.each([false, true])("rows become columns, weighted: %s", (weighted) => {
  const matrix = sparse([9, 7], 5, 3, weighted);
  const { matrix: back, numbers } = transposed(matrix);
  const before = dense(matrix);
  expect(dense(back)).toEqual(
    Array.from({ length: 7 }, (_, column) => before.map((row) => row[column])),
  );
  numbers.forEach((number, entry) => {
    expect(back.values?.[entry]).toBe(matrix.values?.[number]);
    expect(matrix.starts[back.columns[entry] as number]).toBeLessThanOrEqual(number);
    expect(matrix.starts[(back.columns[entry] as number) + 1]).toBeGreaterThan(number);
  });
  expect(transposed(matrix).matrix).toBe(back);
});

it("a matrix without non-zeros has none transposed", () => {
  const { matrix } = transposed(new SparseMatrix([2, 3], [0, 0, 0], []));
  expect([matrix.rows, matrix.cols, matrix.nonZeros]).toEqual([3, 2, 0]);
});
