import type { OnnxBuilder, OnnxValue } from "../onnx-builder.ts";
import type { AddVectorOperation } from "./operation.ts";

export function exportAddVector({ x, vector }: AddVectorOperation, to: OnnxBuilder): OnnxValue {
  return to.each("Add", to.of(x), to.parameter("vector", vector, [x.features]));
}
