import type { OnnxBuilder, OnnxValue } from "../onnx-builder.ts";
import type { CombineOperation } from "./operation.ts";

export function exportCombine(
  { x, other, operation }: CombineOperation,
  to: OnnxBuilder,
): OnnxValue {
  return to.each(operation === "add" ? "Add" : "Mul", to.of(x), to.of(other));
}
