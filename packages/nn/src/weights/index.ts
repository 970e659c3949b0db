export type { NnErrorCodes } from "../errors/error-codes.ts";
export {
  type AssignOptions,
  assignStateDict,
  type ParameterValues,
  type ShapeMismatch,
  type StateDictDifferences,
  StateDictMismatchError,
} from "./assign-state-dict.ts";
export {
  type ButterfliesOptions,
  type ButterflyConvention,
  butterfliesFromStateDict,
  type StoredButterflies,
} from "./butterflies-from-state-dict.ts";
export { sliceTensor, transposeTensor } from "./derived-tensors.ts";
export { type Llama2cConfig, type Llama2cModel, readLlama2c } from "./llama2c.ts";
export type { LoadProgress } from "./load-progress.ts";
export {
  type FileContents,
  type LoadStateDictOptions,
  loadStateDict,
  type WeightsSource,
} from "./load-state-dict.ts";
export type { Rename } from "./rename.ts";
export { type SaveStateDictOptions, saveStateDict, type TensorToSave } from "./save-state-dict.ts";
export { FLOAT_DTYPES, type StoredMatrix, storedMatrices } from "./stored-matrices.ts";
export { type LoadedStateDict, type StateDict, StoredTensor } from "./stored-tensor.ts";
export type { Fetch } from "./web-folder.ts";
