import { Butterfly, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { uniform } from "@papilio/butterfly/numeric";
import { expect, it } from "vitest";
import { product } from "../kernels/product.ts";
import { packWeights } from "../testing/pack-weights.ts";
import { runKernel } from "../testing/run-kernel.ts";
import { verifyProduct } from "../testing/verify-product.ts";
import { type ChainPass, chainPasses, passValues } from "./chain-passes.ts";

it("a factor whose blocks are stored once has the values of all of them in a pass", () => {
  const pattern = new Pattern(3, 4, 5, 2);
  const values = Float32Array.from({ length: 4 * 5 }, uniform(1));
  const factor = new KroneckerSparse(pattern, values, { a: true, d: true });
  const butterfly = new Butterfly([factor]);
  const [pass] = chainPasses(butterfly.chain) as [ChainPass];
  const { packed } = packWeights(pass.weights, passValues(butterfly, pass));
  const x = Float32Array.from({ length: 3 * pattern.cols }, uniform(2));
  const call = product({ vectors: 3, weights: pass.weights });
  const y = runKernel(call, { x, weights: packed }).y as Float32Array;
  const shape = { batch: 3, layout: "batch-first" } as const;
  expect(verifyProduct(butterfly, x, y, shape, [5])).toMatchObject({ ok: true });
});
