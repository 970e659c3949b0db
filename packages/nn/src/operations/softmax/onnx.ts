import type { SoftmaxOperation } from "../../graph/operation.ts";
import type { OnnxBuilder, OnnxValue } from "../onnx-builder.ts";

export function exportSoftmax({ x, log }: SoftmaxOperation, to: OnnxBuilder): OnnxValue {
  const values = to.of(x);
  return to.node(log ? "LogSoftmax" : "Softmax", [values], values.shape, { axis: -1 });
}
