import { Butterfly, type ComplexButterfly, type KroneckerSparse } from "@papilio/butterfly";
import type { Sharing } from "@papilio/butterfly/matrix";
import { interleave } from "../../tensor/interleave.ts";
import { packFusedChain, rangeSharing, storedBlocks } from "../fused-chain/pack.ts";
import { type ComplexChainProblem, runsAlongBatch } from "./problem.ts";

/** The weights of a chain in the order in which its kernel reads them, parts interleaved. */
export function packComplexChain(
  butterfly: ComplexButterfly,
  problem: ComplexChainProblem,
): Float32Array {
  const { batch, layout, sharing } = problem;
  const [re, im] = partsOf(butterfly).map((part) => {
    const real = { chain: part.chain, batch, layout, sharing, dtype: "f32" } as const;
    const width = runsAlongBatch(problem) ? 1 : storedBlocks(real);
    return packFusedChain(part, real, { width, passes: [part.chain.length] });
  }) as [Float32Array, Float32Array];
  return interleave(re, im);
}

/** The values of a single factor as they are stored, parts interleaved. */
export function packComplexFactor(butterfly: ComplexButterfly, sharing: Sharing): Float32Array {
  const [re, im] = partsOf(butterfly).map(
    ({ factors: [factor] }) => (factor as KroneckerSparse).withSharing(sharing).values,
  ) as [Float32Array, Float32Array];
  return interleave(re, im);
}

/** Along which axes all blocks of a chain's product have the same weights, in both parts. */
export function complexSharing(butterfly: ComplexButterfly): Sharing {
  const [re, im] = partsOf(butterfly).map(rangeSharing) as [Sharing, Sharing];
  return { a: re.a && im.a, d: re.d && im.d };
}

function partsOf({ factors }: ComplexButterfly): [Butterfly, Butterfly] {
  return [new Butterfly(factors.map(({ re }) => re)), new Butterfly(factors.map(({ im }) => im))];
}
