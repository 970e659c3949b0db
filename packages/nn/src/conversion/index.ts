export type { NnErrorCodes } from "../errors/error-codes.ts";
export { type ButterflyizeOptions, butterflyize, type LayerConversion } from "./butterflyize.ts";
export type { Calibration } from "./calibrate.ts";
export { type InitializeFromOptions, initializeFrom } from "./initialize-from.ts";
export {
  type CalibrationRuns,
  type InputMoments,
  type InputMomentsOptions,
  inputMoments,
} from "./input-moments.ts";
export type { LayerBatch } from "./measure-layer.ts";
export { type RotatedLayer, type RotateLayersOptions, rotateLayers } from "./rotate-layers.ts";
