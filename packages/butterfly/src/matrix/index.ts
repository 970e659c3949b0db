/**
 * More about matrices: what compiled ones have in common, the reference product, shared blocks, shuffles,
 * balance, rounding.
 *
 * @module
 */

export { balanceFactors, storableButterfly } from "./balance.ts";
export type { MatrixPlan, MultiplyOptions } from "./compile.ts";
export type { AnyMatrix, ComplexMatrix, RealMatrix } from "./matrices.ts";
export { requireDisjoint } from "./multiply-factor.ts";
export { blockDiagonal, inputShuffle, outputShuffle } from "./perfect-shuffle.ts";
export { gatherFeatures, invertPermutation, permuteFeatures } from "./permutation.ts";
export { type VectorsOf, withPermutations } from "./permuted-butterfly.ts";
export { quantizeButterfly } from "./quantize.ts";
export type { ReferenceMatrix } from "./reference.ts";
export { referenceProduct } from "./reference-product.ts";
export { SampledProduct } from "./sampled-product.ts";
export { type Sharing, storedPattern, UNSHARED } from "./sharing.ts";
export { subnormalOperands } from "./subnormal-operands.ts";
