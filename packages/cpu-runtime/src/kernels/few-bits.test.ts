import { Butterfly, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { UNSHARED } from "@papilio/butterfly/matrix";
import { quantizeValues, uniform } from "@papilio/butterfly/numeric";
import { expect, it } from "vitest";
import { packWeights } from "../testing/pack-weights.ts";
import { runKernel } from "../testing/run-kernel.ts";
import { verifyProduct } from "../testing/verify-product.ts";
import { layOutWeights } from "./packed-weights.ts";
import { product } from "./product.ts";

it.each([
  ["q4", -8],
  ["q8", -128],
] as const)("products by %s read all codes, and scales of either sign", (dtype, least) => {
  for (const [text, vectors] of [
    ["2,7,40,3", 5],
    ["1,4,33,1", 20],
  ] as const) {
    const pattern = Pattern.parse(text);
    const { a, b, c, d } = pattern;
    // Every group has the least number, every other row by a negative scale.
    const values = Float32Array.from({ length: pattern.nonZeros }, (_, at) => {
      const [row, l] = [Math.floor(at / (c * d)), Math.floor(at / d) % c];
      const number = l % 32 === 0 ? least : ((at * 37) % (-2 * least)) + least;
      return (row % 2 === 0 ? 0.03125 : -0.03125) * number;
    });
    const { scales } = quantizeValues(values, [a, b, c, d], dtype);
    expect(scales.some((bits) => bits >= 0x8000)).toBe(true);
    const weights = layOutWeights(pattern, [{ pattern, sharing: UNSHARED }], dtype);
    const { packed } = packWeights(weights, [values]);
    const x = Float32Array.from({ length: vectors * pattern.cols }, uniform(7));
    const { y } = runKernel(product({ vectors, weights }), { x, weights: packed });
    const exact = new Butterfly([new KroneckerSparse(pattern, values)]);
    const shape = { batch: vectors, layout: "batch-first" } as const;
    expect(verifyProduct(exact, x, y as Float32Array, shape, [c])).toMatchObject({ ok: true });
  }
});
