/**
 * Reading and writing of butterflies, safetensors, npy and Matrix Market, checked before anything is
 * allocated.
 *
 * @module
 */

export { loadButterflies, type SaveOptions, saveButterflies } from "./butterfly-file.ts";
export { ByteReader, type FileBytes, headOf, joinBytes, sizeOf } from "./byte-reader.ts";
export { parseDecimal } from "./decimal.ts";
export { isRealDtype } from "./element-types.ts";
export {
  expandFewBits,
  FEW_BITS_KEY,
  type FewBitsEntry,
  fewBitsEntry,
  fewBitsTensors,
  type StoredFewBits,
} from "./few-bits-file.ts";
export type { FileErrorCode } from "./file-error.ts";
export { type FileKind, type FileKindId, fileKind, wrongKind } from "./file-kind.ts";
export { type JsonLimits, parseJsonText } from "./json-text.ts";
export {
  type DenseTensor,
  fromMonarchPair,
  fromValuesLayout,
  toMonarchPair,
  toValuesLayout,
  VALUES_LAYOUTS,
  type ValuesLayout,
} from "./layouts.ts";
export {
  checkMatrixMarket,
  type MatrixMarketFile,
  type MatrixMarketHeader,
  readMatrixMarket,
} from "./matrix-market.ts";
export {
  type MatrixMarketValues,
  matrixMarketValues,
  readMatrixMarketValues,
} from "./matrix-market-values.ts";
export {
  type NpyFile,
  type NpyLayout,
  type NpyValues,
  npyHeader,
  npyLayout,
  npyValues,
  readNpy,
  readNpyValues,
  writeNpy,
} from "./npy.ts";
export { type NpyType, npyType } from "./npy-types.ts";
export {
  readSafetensors,
  readSafetensorsTensor,
  type SafetensorsFile,
  type SafetensorsTensor,
  type SafetensorsValues,
  type TensorToWrite,
  toComplex,
  toReal,
  writeSafetensors,
} from "./safetensors.ts";
export {
  readSafetensorsHeader,
  type SafetensorsEntry,
  type SafetensorsHeader,
  safetensorsHeaderBytes,
} from "./safetensors-header.ts";
export {
  type ComplexTensor,
  fromBlockTwiddle,
  fromTwiddle,
  toBlockTwiddle,
  toTwiddle,
} from "./twiddles.ts";
