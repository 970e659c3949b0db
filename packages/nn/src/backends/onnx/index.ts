export { exportOnnx, type OnnxExportOptions } from "./export-onnx.ts";
export {
  encodeOnnx,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxInitializer,
  type OnnxNode,
  type OnnxTensor,
} from "./onnx-model.ts";
