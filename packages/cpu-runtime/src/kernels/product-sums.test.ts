import { KroneckerSparse, Pattern } from "@papilio/butterfly";
import { uniform } from "@papilio/butterfly/numeric";
import { expect, it } from "vitest";
import { packWeights } from "../testing/pack-weights.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { layOutWeights } from "./packed-weights.ts";
import { product } from "./product.ts";

const draw = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, uniform(seed));

it.each(
  // Groups of six with a rest, more inputs than are taken at a time, small blocks, one block among several.
  ["1,172,64,1", "1,40,16,1", "1,100,500,1", "2,9,12,3", "4,2,8,5", "1,64,64,12"],
)("sums by %s are those of any number of vectors from four on, bit by bit", (text) => {
  const factor = KroneckerSparse.random(Pattern.parse(text), { seed: 1 });
  const { rows, cols } = factor.pattern;
  const x = draw(20 * cols, 5);
  const bias = draw(rows, 6);
  for (const dtype of ["f32", "f16", "q8"] as const) {
    const weights = layOutWeights(factor.pattern, [factor], dtype);
    for (const simd of BOTH_SIMDS) {
      const { packed } = packWeights(weights, [factor.values], { simd });
      const outputs = [20, 4, 8, 11, 12, 16].map((vectors) => {
        const call = product({ vectors, weights, bias: true });
        const given = { x: x.slice(0, vectors * cols), weights: packed, bias };
        return runKernel(call, given, { simd }).y as Float32Array;
      });
      const [most = new Float32Array()] = outputs;
      for (const y of outputs) expect(y).toEqual(most.slice(0, y.length));
    }
  }
});
