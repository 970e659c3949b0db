import type { OnnxBuilder, OnnxValue } from "../onnx-builder.ts";
import { messages, toRows } from "../shared/onnx-sparse.ts";
import type { SparseLinearOperation } from "./operation.ts";

export function exportSparseLinear(
  { x, matrix }: SparseLinearOperation,
  to: OnnxBuilder,
): OnnxValue {
  const { rows, cols } = matrix;
  const columns = to.arrange(to.of(x), [x.vectors, cols], [1, 0], [cols, x.vectors]);
  const sums = toRows(messages(columns, matrix, to), matrix, "add", to);
  return to.arrange(sums, [rows, x.vectors], [1, 0], [x.vectors, rows]);
}
