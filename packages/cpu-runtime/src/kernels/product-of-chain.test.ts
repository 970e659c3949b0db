import { Butterfly, Chain, type KroneckerSparse, Pattern } from "@papilio/butterfly";
import { UNSHARED } from "@papilio/butterfly/matrix";
import { uniform } from "@papilio/butterfly/numeric";
import { expect, it } from "vitest";
import { expectWithin } from "../testing/expect-within.ts";
import { isRounded, multiply, passOf, stored } from "../testing/multiply.ts";
import { packWeights } from "../testing/pack-weights.ts";
import { roundingOfChain } from "../testing/rounding-of-inputs.ts";
import { runKernel } from "../testing/run-kernel.ts";
import { verifyProduct } from "../testing/verify-product.ts";
import { layOutWeights } from "./packed-weights.ts";
import { product, stagesApart } from "./product.ts";

it.each([
  [Chain.squareDyadic(32)],
  [Chain.monarch(48)],
  [Chain.parse("2,3,4,8; 8,4,2,2")],
  [Chain.ofRadices({ rows: [3, 2, 5], cols: [2, 4, 3], rank: 2 })],
])("is that of the factors of %s, block by block or stage by stage", (chain) => {
  const random = Butterfly.random(chain, { seed: 1 }).factors as readonly KroneckerSparse[];
  const terms = chain.patterns.map(({ c }) => c);
  for (const dtype of ["f32", "q8", "q4", "q3", "f8e5m2"] as const) {
    const factors = random.map((factor) => stored(factor, dtype));
    const butterfly = new Butterfly(factors);
    for (const vectors of [1, 3, 20]) {
      const x = Float32Array.from({ length: vectors * chain.cols }, uniform(7));
      const expectChain = (y: Float32Array): void => {
        if (vectors > 1 || !isRounded(dtype)) {
          const shape = { batch: vectors, layout: "batch-first" } as const;
          expect(verifyProduct(butterfly, x, y, shape, terms)).toMatchObject({ ok: true });
        } else {
          const { expected, bounds } = roundingOfChain(butterfly, dtype, x);
          expectWithin(y, expected, (index) => 1.01 * (bounds[index] as number));
        }
      };
      expectChain(multiply(factors, dtype, { vectors }, { x }));
      // The stages on their own read the same weights.
      const weights = passOf(factors, dtype);
      const values = factors.toReversed().map((factor) => factor.values);
      const { packed } = packWeights(weights, values as Float32Array[]);
      let apart: Float32Array = x;
      for (let stage = 0; stage < weights.stages.length; stage++) {
        const call = product({ vectors, weights, stage });
        apart = runKernel(call, { x: apart, weights: packed }).y as Float32Array;
      }
      expectChain(apart);
    }
  }
});

it("is divided into its stages where blocks and tiles are too few for threads to share", () => {
  const ranges = [Pattern.parse("6,64,64,1"), Pattern.parse("1,768,192,2")];
  const stages = ranges.map((pattern) => ({ pattern, sharing: UNSHARED }));
  const weights = layOutWeights(new Pattern(1, 1536, 384, 1), stages);
  expect(stagesApart(weights, 1)).toEqual([0, 1]);
  expect(stagesApart(weights, 197)).toEqual([0, 1]);
  expect(stagesApart(weights, 8 * 197)).toEqual([undefined]);
  const small = passOf(Butterfly.random(Chain.monarch(64), { seed: 1 }).factors as never, "f32");
  expect(stagesApart(small, 1)).toEqual([undefined]);
  const one = layOutWeights(new Pattern(1, 768, 768, 1), [
    { pattern: new Pattern(1, 768, 768, 1), sharing: UNSHARED },
  ]);
  expect(stagesApart(one, 1)).toEqual([undefined]);
});
