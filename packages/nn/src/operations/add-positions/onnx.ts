import type { OnnxBuilder, OnnxValue } from "../onnx-builder.ts";
import { tableRows } from "../shared/onnx-table-rows.ts";
import type { AddPositionsOperation } from "./operation.ts";

export function exportAddPositions(operation: AddPositionsOperation, to: OnnxBuilder): OnnxValue {
  const { x, table, period, prepended, position, output } = operation;
  const { features } = x;
  const sequences = x.vectors / period;
  const length = output.vectors / sequences;
  let tokens = to.reshape(to.of(x), [sequences, period, features]);
  if (prepended !== undefined) {
    const first = to.parameter("prepended", prepended, [1, 1, features]);
    const shape = [sequences, 1, features];
    const firsts = sequences === 1 ? first : to.node("Expand", [first, to.integers(shape)], shape);
    tokens = to.node("Concat", [firsts, tokens], [sequences, length, features], { axis: 1 });
  }
  const added = tableRows({ name: "positions", table, features, length, position }, to);
  const isOfEach = position !== undefined && position.length > 1;
  const rows = isOfEach ? to.reshape(added, [sequences, length, features]) : added;
  return to.reshape(to.each("Add", tokens, rows), [output.vectors, features]);
}
