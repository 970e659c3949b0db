export type { NnErrorCodes } from "../../errors/error-codes.ts";
export type { OnnxAttribute, OnnxAttributes } from "../../operations/onnx-builder.ts";
export { exportOnnx, type OnnxExportOptions } from "./export-onnx.ts";
export {
  encodeOnnx,
  type OnnxGraph,
  type OnnxInitializer,
  type OnnxNode,
  type OnnxTensor,
} from "./onnx-model.ts";
