import type { Butterfly } from "@papilio/butterfly";
import { elementsOf } from "./elements.ts";
import { forEachProduct, localFactors, partsOf } from "./local-run.ts";
import type { RunProblem } from "./problem.ts";
import type { RunVariant } from "./variant.ts";

/**
 * Rearranges the values of a run's factors to the order in which a variant reads them, once, at load:
 * block by block of the run's product, pass by pass, factor by factor.
 *
 * Neighbouring blocks that an invocation computes side by side are packed together, `[block / width,
 * weight, width]`, and so are all blocks where invocations run along them. The weights of a block are
 * padded to whole loads of four.
 */
export function packRun(
  { chain, factors }: Butterfly,
  problem: RunProblem,
  variant: RunVariant,
): Float32Array {
  const product = chain.product();
  const width =
    variant.kind === "workgroup"
      ? 1
      : variant.lanes === "blocks"
        ? product.blocks
        : elementsOf(problem, variant.vector).neighbours;
  const passes = variant.kind === "workgroup" ? variant.passes : [chain.length];
  const parts = partsOf(chain, passes);
  const each = paddedWeights(chain.nonZeros / product.blocks);
  const packed = new Float32Array(product.blocks * each);
  for (let block = 0; block < product.blocks; block++) {
    const [outerI, outerK] = [Math.floor(block / product.d), block % product.d];
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
