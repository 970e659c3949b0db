import { describe, expect, it } from "vitest";
import { draw, VECTOR_COUNTS } from "../testing/draw.ts";
import { expectWithin } from "../testing/expect-within.ts";
import { reduced } from "../testing/reduce.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { entriesOf, sparseRows } from "../testing/sparse-rows.ts";
import { rowParts } from "./row-parts.ts";
import { sparseLinear } from "./sparse-linear.ts";

describe("the product with a sparse matrix", () => {
  it.each(VECTOR_COUNTS)("of %d vectors", (vectors) => {
    for (const [rows, cols] of [
      [1, 1],
      [9, 23],
      [70, 40],
    ] as const) {
      const matrix = sparseRows(rows, cols, 8);
      const x = draw(vectors * cols, 9);
      x.set([Number.NaN, Number.POSITIVE_INFINITY].slice(0, x.length - 1), 0);
      const values = draw(matrix.columns.length, 10);
      // Small parts, to have several.
      const parts = rowParts(matrix.starts, 2000, "rows");
      for (const weighted of [false, true]) {
        const results = Array.from({ length: vectors * rows }, (_, at) => {
          const vector = Math.floor(at / rows);
          const numbers = entriesOf(matrix, at % rows).map((entry) => {
            const number = x[vector * cols + (matrix.columns[entry] as number)] as number;
            return (weighted ? (values[entry] as number) : 1) * number;
          });
          return reduced("sum", numbers);
        });
        const nonZeros = values.length;
        const call = sparseLinear({
          ...{ vectors, rows, cols, nonZeros, weighted, parts: parts.length - 1 },
        });
        for (const simd of BOTH_SIMDS) {
          const { y } = runKernel(
            call,
            { x, values, parts, starts: matrix.starts, columns: matrix.columns },
            { simd, order: "backwards" },
          );
          const expected = results.map(([value]) => value);
          expectWithin(y, expected, (index) => results[index]?.[1] as number);
        }
      }
    }
  });
});

it("refuses sizes that are no whole numbers", () => {
  const problem = { vectors: 1, rows: 2, cols: 3, nonZeros: 4, weighted: true, parts: 1 };
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  for (const fields of [{ rows: 0 }, { nonZeros: -1 }, { parts: 0 }, { weighted: 1 }]) {
    expect(() => sparseLinear({ ...problem, ...fields } as never)).toThrow(refused);
  }
});
