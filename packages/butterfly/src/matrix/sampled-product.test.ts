import { describe, expect, it } from "vitest";
import { LAYOUTS, stridesOf } from "../numeric/layout.ts";
import { uniform } from "../numeric/random.ts";
import { Chain } from "../pattern/chain.ts";
import { Butterfly } from "./butterfly.ts";
import { SampledProduct } from "./sampled-product.ts";

describe.each(LAYOUTS)("the product of some vectors, %s", (layout) => {
  const chain = Chain.parse("1,3,2,4;2,2,3,2");
  const butterfly = Butterfly.random(chain, { seed: 3 });
  const { rows, cols } = chain;
  const shape = { batch: 9, layout, dtype: "f32" } as const;
  const inputs = Float32Array.from({ length: 9 * cols }, uniform(4));
  const rounding = { terms: chain.patterns.map(({ c }) => c), magnification: 100 };
  const product = new SampledProduct(butterfly, inputs, shape, [0, 5, 8]);
  const { vector: byVector, feature: byFeature } = stridesOf(shape, rows);

  // Of the dense matrix, in float64, whatever the product is computed by.
  const dense = butterfly.dense();
  const right = new Float32Array(9 * rows);
  const input = stridesOf(shape, cols);
  for (let v = 0; v < 9; v++) {
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let col = 0; col < cols; col++) {
        sum +=
          (dense[row * cols + col] as number) *
          (inputs[v * input.vector + col * input.feature] as number);
      }
      right[v * byVector + row * byFeature] = sum;
    }
  }

  it("is found in an output that is right", () => {
    expect(product.verify(right, rounding)).toMatchObject({ ok: true, nonFinite: 0 });
  });

  it.each([
    [0, 0],
    [5, rows - 1],
    [8, 7],
  ])("shows that vector %d is wrong at feature %d", (vector, feature) => {
    const wrong = right.slice();
    wrong[vector * byVector + feature * byFeature]! += 0.01;
    const found = product.verify(wrong, rounding);
    expect(found.ok).toBe(false);
    expect(product.placeOf(found.worstIndex)).toEqual({ vector, feature });
  });

  it("says nothing of the others", () => {
    const wrong = right.slice();
    for (const vector of [1, 2, 3, 4, 6, 7]) wrong[vector * byVector] = Number.NaN;
    expect(product.verify(wrong, rounding).ok).toBe(true);
  });
});
