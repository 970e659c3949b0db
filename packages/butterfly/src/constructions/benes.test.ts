import fc from "fast-check";
import { expect, it } from "vitest";
import { permuteFeatures } from "../matrix/permutation.ts";
import { referenceProduct } from "../matrix/reference-product.ts";
import { uniform } from "../numeric/random.ts";
import { permutation } from "./benes.ts";
import { bitReversal } from "./permutations.ts";

const draw = (length: number, seed: number): Float64Array =>
  Float64Array.from({ length }, uniform(seed));

it("a permutation of any size is a product of two butterflies, exactly", () => {
  const sizes = fc.integer({ min: 1, max: 130 }).chain((n) => {
    const positions = Array.from({ length: n }, (_, position) => position);
    return fc.shuffledSubarray(positions, { minLength: n, maxLength: n });
  });
  fc.assert(
    fc.property(sizes, (positions) => {
      const map = Uint32Array.from(positions);
      const x = draw(map.length, 5);
      const shape = { batch: 1, layout: "batch-first" } as const;
      expect(referenceProduct(permutation(map), x, shape)).toEqual(permuteFeatures(map, x, shape));
    }),
  );
  const map = bitReversal(2 ** 12);
  const x = draw(2 ** 12, 6);
  const shape = { batch: 1, layout: "batch-first" } as const;
  expect(referenceProduct(permutation(map), x, shape)).toEqual(permuteFeatures(map, x, shape));
});
