import { expect, it } from "vitest";
import { draw, drawIndices, VECTOR_COUNTS } from "../testing/draw.ts";
import { expectWithin, UNIT } from "../testing/expect-within.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { scatterVectors } from "./scatter-vectors.ts";

it.each(VECTOR_COUNTS)("%d vectors are added to the rows of a table", (vectors) => {
  for (const [rows, features] of [
    [1, 3],
    [5, 1],
    [11, 8],
    // Several items.
    [90, 701],
  ] as const) {
    const x = draw(vectors * features, 1);
    if (x.length > 2) x[2] = Number.POSITIVE_INFINITY;
    // One row has most of them, and the last row none.
    const indices = drawIndices(vectors, rows, 2).map((row, at) =>
      at % 3 === 1 ? 0 : Math.min(row, Math.max(0, rows - 2)),
    );
    const [sums, sizes] = [new Float64Array(rows * features), new Float64Array(rows * features)];
    x.forEach((number, at) => {
      const to = (indices[Math.floor(at / features)] as number) * features + (at % features);
      sums[to] = (sums[to] as number) + number;
      sizes[to] = (sizes[to] as number) + Math.abs(number);
    });
    const call = scatterVectors({ vectors, features, rows, flat: rows % 2 === 0 });
    for (const simd of BOTH_SIMDS) {
      const { y } = runKernel(call, { x, indices }, { simd, order: "backwards" });
      expectWithin(y, sums, (at) => vectors * UNIT * (sizes[at] as number));
    }
  }
});

it("leaves out vectors whose row there is not", () => {
  const call = scatterVectors({ vectors: 5, features: 1, rows: 2, flat: true });
  const x = Float32Array.of(1, 2, 4, 8, 16);
  const indices = Uint32Array.of(2, 1, 2 ** 32 - 1, 1, 7);
  expect([...(runKernel(call, { x, indices }).y as Float32Array)]).toEqual([0, 10]);
});

it("refuses sizes that are no whole numbers of at least 1", () => {
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  const problem = { vectors: 2, features: 3, rows: 4, flat: false };
  for (const fields of [{ vectors: 0 }, { features: 1.5 }, { rows: 0 }]) {
    expect(() => scatterVectors({ ...problem, ...fields })).toThrow(refused);
  }
});
