import { Butterfly, type KroneckerSparse } from "@papilio/butterfly";
import { boftRotation, cayleyTransform } from "@papilio/butterfly/constructions";
import { permuteFeatures, quantizeButterfly, SampledProduct } from "@papilio/butterfly/matrix";
import { uniform } from "@papilio/butterfly/numeric";
import { type Case, requireAdapterChain, singleDtypeOf } from "../cases/case.ts";
import { weightOfOrder } from "../implementations/adapter-problem.ts";
import { affordableVectors, drawNumbers, sample } from "./operands.ts";
import type { Oracle } from "./oracle.ts";

/**
 * Draws a dense weight, the blocks of a BOFT rotation, made orthogonal in float64 and rounded, and inputs, and multiplies
 * in float64: `y = W (R x)`.
 *
 * @throws PapilioError `ADAPTER_CHAIN`; `OPTION_INVALID` in double precision
 */
export function createAdapterOracle(item: Case, seed: number): Oracle {
  const { batch, layout } = item;
  const dtype = singleDtypeOf(item);
  const { features: n, block, levels } = requireAdapterChain(item.chain);
  const next = uniform(seed + 1);
  const [first] = item.chain.patterns as [Case["chain"]["patterns"][number]];
  const dense = Butterfly.random(item.chain.slice(0, 1), { seed });
  const [weight] = quantizeButterfly(dense, dtype).factors as [KroneckerSparse];
  const skew = Float64Array.from({ length: levels * n * block }, next);
  const exact = boftRotation(cayleyTransform(skew, block), { size: block, factors: levels });
  const rotation = exact.map((matrix) => quantizeButterfly(matrix.convert("float32"), dtype));
  const x = drawNumbers(batch * n, dtype, next);
  const adapter = { weight, rotation };
  // The permutations are in the order of the inputs and of the weight's columns.
  const butterfly = new Butterfly([weightOfOrder(adapter), ...rotation.matrix.factors]);
  const inputs = rotation.right ? permuteFeatures(rotation.right, x, { batch, layout }) : x;
  const chosen = sample(batch, Math.min(batch, affordableVectors(item.chain)), next);
  const product = new SampledProduct(butterfly, inputs, { batch, layout, dtype }, chosen);
  const { magnification } = product;
  const chain = butterfly.chain.patterns.map(({ c }) => c);
  return {
    butterfly,
    adapter,
    x,
    verified: chosen.length,
    check: (y, { arithmetic }, terms) =>
      product.verify(y, {
        sums: "f32",
        // Multiplied out, the rotated weight is a sum of as many products, and rounded.
        terms: terms ?? (arithmetic === "product" ? [first.c, 1, ...chain, 1] : chain),
        magnification,
      }),
  };
}
