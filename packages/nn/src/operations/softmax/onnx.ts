import type { OnnxBuilder, OnnxValue } from "../onnx-builder.ts";
import type { SoftmaxOperation } from "./operation.ts";

export function exportSoftmax({ x, log }: SoftmaxOperation, to: OnnxBuilder): OnnxValue {
  const values = to.of(x);
  return to.node(log ? "LogSoftmax" : "Softmax", [values], values.shape, { axis: -1 });
}
