import type { OnnxBuilder, OnnxValue } from "../onnx-builder.ts";
import { columnsOf, rowsOf, toRows } from "../shared/onnx-sparse.ts";
import type { EdgeAttentionOperation } from "./operation.ts";

export function exportEdgeAttention(operation: EdgeAttentionOperation, to: OnnxBuilder): OnnxValue {
  const { x, sources, targets, adjacency, heads, negativeSlope } = operation;
  const rows = rowsOf(adjacency, to);
  const atEdges = (perRow: OnnxValue): OnnxValue => to.gather(perRow, rows, 0);
  const columns = columnsOf(adjacency, to);
  const sums = to.each("Add", to.gather(to.of(sources), columns, 0), atEdges(to.of(targets)));
  const scores = to.node("LeakyRelu", [sums], sums.shape, { alpha: { float: negativeSlope } });
  const most = atEdges(toRows(scores, adjacency, "max", to));
  const shifted = to.each("Sub", scores, most);
  const weights = to.node("Exp", [shifted], shifted.shape);
  const totals = atEdges(toRows(weights, adjacency, "add", to));
  const shares = to.reshape(to.each("Div", weights, totals), [adjacency.nonZeros, heads, 1]);
  const vectors = to.gather(to.of(x), columns, 0);
  const split = to.reshape(vectors, [adjacency.nonZeros, heads, x.features / heads]);
  const weighted = to.reshape(to.each("Mul", split, shares), [adjacency.nonZeros, x.features]);
  return toRows(weighted, adjacency, "add", to);
}
