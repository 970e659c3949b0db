export {
  encodeOnnx,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxInitializer,
  type OnnxNode,
  type OnnxTensor,
} from "./onnx-model.ts";
