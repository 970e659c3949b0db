/**
 * Precisions, half precision, layouts of vectors, activations, windows, random numbers, bounds of rounding errors.
 *
 * @module
 */

export { ACTIVATION_KINDS, type Activation, requireActivation } from "./activation.ts";
export {
  BIPOLAR_BITS,
  type BipolarBits,
  type BipolarValues,
  bipolarToFloats,
  requireBipolar,
  roundBipolar,
} from "./bipolar.ts";
export { bipolarPlanesWords, bipolarWeightsWords, packBipolar } from "./bipolar-layout.ts";
export { CODE_GRIDS, type CodeGrid, FEW_BITS, type FewBits, fewBitsOf } from "./code-grids.ts";
export { requireParts } from "./complex.ts";
export { type Dropout, dropoutKeeps, dropoutThreshold, requireWord } from "./dropout.ts";
export { FLOAT_FORMATS, type FloatFormat, formatOf } from "./dtype.ts";
export {
  dequantizeValues,
  type QuantizedValues,
  quantizedBytes,
  quantizeValues,
  scalesOfRows,
} from "./few-bits.ts";
export { packCodes, unpackCodes } from "./few-bits-codes.ts";
export { groupOf, type Sizes } from "./few-bits-groups.ts";
export { type FloatArrays, type FloatType, zeros } from "./float-array.ts";
export { decodeHalf, encodeHalf, quantize } from "./half-precision.ts";
export { requireBatch, requireShape, requireVectors, type Strides, stridesOf } from "./layout.ts";
export { ascending, median, quantile } from "./quantile.ts";
export { type RandomOptions, uniform } from "./random.ts";
export { type NarrowType, requireStorable } from "./storable.ts";
export { errorBound, type Rounding } from "./tolerance.ts";
export {
  type HeightWidth,
  type SlidingWindows,
  windowCount,
  windowsOf,
} from "./windows.ts";
