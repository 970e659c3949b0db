import type { Butterfly } from "@papilio/butterfly";
import { type Sharing, storedPattern, UNSHARED } from "@papilio/butterfly/matrix";
import { forEachProduct, localFactors, partsOf } from "./local-factors.ts";
import type { FusedChainPacking } from "./packing.ts";
import type { FusedChainProblem } from "./problem.ts";

/**
 * Rearranges the values of a chain's factors to the order in which variants read them, once, at load:
 * block by block of the chain's product, pass by pass, factor by factor.
 *
 * Neighbouring blocks that an invocation computes side by side are packed together, `[block / width,
 * weight, width]`, and so are all blocks where invocations run along them. The weights of a block are
 * padded to whole loads of four.
 */
export function packFusedChain(
  butterfly: Butterfly,
  problem: FusedChainProblem,
  packing: FusedChainPacking,
): Float32Array {
  const { chain } = butterfly;
  const factors = butterfly.factors.map((factor) => factor.expand());
  const product = chain.product();
  const stored = storedPattern(product, problem.sharing ?? UNSHARED);
  const { width, passes } = packing;
  const parts = partsOf(chain, passes);
  const each = paddedWeights(chain.nonZeros / product.blocks);
  const packed = new Float32Array(stored.blocks * each);
  for (let block = 0; block < stored.blocks; block++) {
    const [outerI, outerK] = [Math.floor(block / stored.d), block % stored.d];
    const first = Math.floor(block / width) * each * width + (block % width);
    let write = 0;
    for (const part of parts) {
      const { a, d } = part.chain.product();
      const [partsI, partsK] = [a / product.a, d / product.d];
      for (let innerI = 0; innerI < partsI; innerI++) {
        for (let innerK = 0; innerK < partsK; innerK++) {
          forEachProduct(localFactors(part.chain), ({ index, pattern }, _output, _input, place) => {
            const { pattern: whole, values } = factors[
              part.from + index
            ] as (typeof factors)[number];
            const i = (outerI * partsI + innerI) * pattern.a + place.i;
            const k = (place.k * partsK + innerK) * product.d + outerK;
            const at = ((i * whole.b + place.j) * whole.c + place.l) * whole.d + k;
            packed[first + width * write++] = values[at] as number;
          });
        }
      }
    }
  }
  return packed;
}

/** Weights of a block with its padding. */
export function paddedWeights(count: number): number {
  return Math.ceil(count / 4) * 4;
}

/** Blocks of the chain's product whose weights are stored. */
export function storedBlocks({ chain, sharing }: FusedChainProblem): number {
  return storedPattern(chain.product(), sharing ?? UNSHARED).blocks;
}

/** Along which axes all blocks of a chain's product have the same weights: where all factors' have. */
export function rangeSharing({ chain, factors }: Butterfly): Sharing {
  const { a, d } = chain.product();
  const sharing = factors.map((factor) => factor.share().sharing);
  return {
    a: a > 1 && sharing.every((each) => each.a),
    d: d > 1 && sharing.every((each) => each.d),
  };
}
