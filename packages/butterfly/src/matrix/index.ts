/**
 * More about matrices: shared blocks, shuffles, balance, rounding.
 *
 * @module
 */

export { balanceFactors, storableButterfly } from "./balance.ts";
export { toButterfly } from "./butterfly.ts";
export { toComplexButterfly } from "./complex-butterfly.ts";
export { requireDisjoint } from "./multiply.ts";
export {
  blockDiagonal,
  inputShuffle,
  invertPermutation,
  outputShuffle,
  permuteFeatures,
} from "./perfect-shuffle.ts";
export { type VectorsOf, withPermutations } from "./permuted-butterfly.ts";
export { quantizeButterfly } from "./quantize.ts";
export { SampledProduct } from "./sampled-product.ts";
export { type Sharing, storedPattern, UNSHARED } from "./sharing.ts";
export { subnormalOperands } from "./subnormal-operands.ts";
