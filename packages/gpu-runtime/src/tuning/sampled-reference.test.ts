import { Butterfly, KroneckerSparse, LAYOUTS, Pattern } from "@papilio/butterfly";
import { referenceProduct } from "@papilio/butterfly/matrix";
import { stridesOf, uniform } from "@papilio/butterfly/numeric";
import { describe, expect, it } from "vitest";
import { SampledReference } from "./sampled-reference.ts";

describe.each(LAYOUTS)("a reference for vectors in %s", (layout) => {
  const factor = KroneckerSparse.random(new Pattern(2, 5, 3, 4), { seed: 1 });
  const { rows, cols } = factor.pattern;
  const shape = { batch: 7, layout, dtype: "f32" } as const;
  const inputs = Float32Array.from({ length: 7 * cols }, uniform(2));
  const right = referenceProduct(factor, inputs, shape);
  const reference = new SampledReference(new Butterfly([factor]), inputs, shape);
  const { vector, feature } = stridesOf(shape, rows);

  it("finds the product right", () => {
    expect(reference.check(right, [3])).toBeUndefined();
  });

  it("says which output is wrong", () => {
    const wrong = right.slice();
    const index = 6 * vector + 13 * feature;
    wrong[index] = (wrong[index] as number) + 0.01;
    expect(reference.check(wrong, [3])).toMatch(
      /^output 13 of vector 6 is wrong by .* rounding allows$/,
    );
  });

  it("notices an output that was not written", () => {
    const unwritten = right.slice();
    unwritten[11] = Number.NaN;
    expect(reference.check(unwritten, [3])).toBe("element 11 of the output is NaN");
  });
});

it("compares the first and the last vector where it cannot compare all", () => {
  const factor = KroneckerSparse.random(new Pattern(1, 2048, 2048, 1), { seed: 1 });
  const { rows, cols } = factor.pattern;
  const shape = { batch: 9, layout: "batch-first", dtype: "f32" } as const;
  const inputs = new Float32Array(9 * cols);
  const reference = new SampledReference(new Butterfly([factor]), inputs, shape);
  for (const [vector, noticed] of [
    [0, true],
    [1, false],
    [8, true],
  ] as const) {
    const wrong = new Float32Array(9 * rows);
    wrong[vector * rows] = 1;
    expect(reference.check(wrong, [2048]) !== undefined).toBe(noticed);
  }
});
