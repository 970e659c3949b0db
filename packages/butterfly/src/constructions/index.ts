/**
 * Matrices that are butterflies exactly, or products of them: fast transforms, permutations,
 * convolutions.
 *
 * @module
 */

export {
  ButterflyProduct,
  type ProductStage,
  type RealProduct,
  RealTransform,
} from "../matrix/butterfly-product.ts";
export type { Placement } from "../matrix/placement.ts";
export { permutation } from "./benes.ts";
export { cayleyTransform } from "./cayley-transform.ts";
export {
  type ChannelConvolutionOptions,
  type ChannelKernel,
  channelConvolution,
} from "./channel-convolution.ts";
export { circulant, convolution, hankel, toeplitz } from "./circulant.ts";
export type { ConvolutionMode } from "./convolution-axis.ts";
export {
  type ExactButterfly,
  type FourierOptions,
  fourier,
  fourierButterfly,
  inverseFourier,
} from "./fourier.ts";
export { hadamard, walsh } from "./hadamard.ts";
export { kroneckerOfButterflies } from "./kronecker-of-butterflies.ts";
export { type DenseMatrix, kroneckerProduct } from "./kronecker-product.ts";
export { chirpFourier } from "./partial-fourier.ts";
export {
  bitReversal,
  composePermutations,
  digitReversal,
  evenThenOdd,
  evenThenOddDescending,
  grayCode,
  reversal,
  transposition,
  waveletOrder,
} from "./permutations.ts";
export { randomOrthogonal } from "./random-orthogonal.ts";
export { realButterfly } from "./real-butterfly.ts";
export { type ComplexNumber, rootOfUnity } from "./roots-of-unity.ts";
export { type BoftShape, boftRotation, oftRotation } from "./rotations.ts";
export {
  type AcdcLayer,
  acdc,
  type FastfoodParts,
  fastfood,
  hadamardDiagonals,
} from "./structured-layers.ts";
export type { TransformOptions } from "./transform-options.ts";
export {
  cosine,
  hartley,
  sine,
  type TransformType,
} from "./trigonometric.ts";
export { daubechies4, haar, type WaveletOptions } from "./wavelets.ts";
