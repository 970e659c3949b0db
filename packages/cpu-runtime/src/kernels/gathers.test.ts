import { Pattern } from "@papilio/butterfly";
import {
  decodeHalf,
  dequantizeValues,
  encodeHalf,
  fewBitsOf,
  quantizeValues,
} from "@papilio/butterfly/numeric";
import { describe, expect, it } from "vitest";
import { draw, drawIndices, VECTOR_COUNTS } from "../testing/draw.ts";
import { expectSame } from "../testing/expect-within.ts";
import { packWeights } from "../testing/pack-weights.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { gatherFeatures } from "./gather-features.ts";
import { gatherVectors } from "./gather-vectors.ts";
import { layOutWeights, WEIGHT_DTYPES } from "./packed-weights.ts";

const refused = expect.objectContaining({ code: "OPTION_INVALID" });

it("items of several tiles are gathered", () => {
  const vectors = 5000;
  const indices = drawIndices(vectors, 7, 5);
  const source = draw(7 * 3, 6);
  const rows = gatherVectors({ vectors, features: 3, rows: 7, source: "table" });
  const { y } = runKernel(rows, { source, indices }, { order: "backwards" });
  const expected = Array.from(indices, (row) => [...source.subarray(3 * row, 3 * row + 3)]);
  expectSame(y, expected.flat());
  const call = gatherFeatures({ vectors, from: 3, to: 3 });
  const turned = runKernel(call, { x: y as Float32Array, map: Uint32Array.of(2, 0, 1) });
  expectSame(
    turned.y,
    expected.flatMap(([a, b, c]) => [c, a, b] as number[]),
  );
  expect(rows.items).toBeGreaterThan(1);
  expect(call.items).toBeGreaterThan(1);
});

describe.each(BOTH_SIMDS)("with %s SIMD", (simd) => {
  const options = { simd, order: "backwards" } as const;

  it.each(VECTOR_COUNTS)("%d vectors are gathered from a table or from vectors", (vectors) => {
    for (const features of [1, 3, 8, 701]) {
      const rows = 11;
      const source = draw(rows * features, 1);
      source[3] = Number.NaN;
      const indices = drawIndices(vectors, rows, 2);
      const expected = Float32Array.from(
        { length: vectors * features },
        (_, at) =>
          source[
            (indices[Math.floor(at / features)] as number) * features + (at % features)
          ] as number,
      );
      for (const kind of ["table", "vectors"] as const) {
        const call = gatherVectors({ vectors, features, rows, source: kind });
        expectSame(runKernel(call, { source, indices }, options).y, expected);
      }
    }
  });

  it.each(VECTOR_COUNTS)("%d vectors are gathered from packed weights of a head", (vectors) => {
    for (const rows of [1, 2, 3, 4, 7, 8, 11, 16, 25]) {
      for (const dtype of WEIGHT_DTYPES) {
        const features = rows === 25 ? 701 : 5;
        const pattern = new Pattern(1, rows, features, 1);
        const weights = layOutWeights(
          pattern,
          [{ pattern, sharing: { a: false, d: false } }],
          dtype,
        );
        const values = draw(rows * features, 5);
        const { packed } = packWeights(weights, [values], options);
        const few = fewBitsOf(dtype);
        const stored =
          few !== undefined
            ? dequantizeValues(quantizeValues(values, [1, rows, features, 1], few))
            : dtype === "f32"
              ? values
              : decodeHalf(encodeHalf(values));
        const indices = drawIndices(vectors, rows, 6);
        const expected = Float32Array.from({ length: vectors * features }, (_, at) => {
          const row = indices[Math.floor(at / features)] as number;
          return stored[row * features + (at % features)] as number;
        });
        const call = gatherVectors({ vectors, features, rows, source: weights });
        expectSame(runKernel(call, { source: packed, indices }, options).y, expected);
      }
    }
  });

  it.each(VECTOR_COUNTS)("features of %d vectors are gathered, or zeros", (vectors) => {
    for (const [from, to] of [
      [1, 1],
      [5, 12],
      [700, 1301],
    ] as const) {
      const x = draw(vectors * from, 3);
      x[0] = Number.NEGATIVE_INFINITY;
      const map = drawIndices(to, from, 4).map((feature, at) =>
        at % 3 === 1 ? 2 ** 32 - 1 : feature,
      );
      const expected = Float32Array.from({ length: vectors * to }, (_, at) => {
        const feature = map[at % to] as number;
        return feature < from ? (x[Math.floor(at / to) * from + feature] as number) : 0;
      });
      const call = gatherFeatures({ vectors, from, to });
      expectSame(runKernel(call, { x, map }, options).y, expected);
    }
  });
});

it("sizes that are no whole numbers of at least 1 are refused", () => {
  const vectors = { vectors: 2, features: 3, rows: 4, source: "table" } as const;
  for (const fields of [{ vectors: 0 }, { features: 1.5 }, { rows: 0 }, { source: "rows" }]) {
    expect(() => gatherVectors({ ...vectors, ...fields } as never)).toThrow(refused);
  }
  const features = { vectors: 2, from: 3, to: 4 };
  for (const fields of [{ vectors: -1 }, { from: 0 }, { to: Number.NaN }]) {
    expect(() => gatherFeatures({ ...features, ...fields })).toThrow(refused);
  }
});
