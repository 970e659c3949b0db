import type { OnnxBuilder, OnnxValue } from "../onnx-builder.ts";
import { isPositive, range } from "../shared/onnx-numbers.ts";
import type { AppendOperation } from "./operation.ts";

/**
 * The rows from `position` on are those of x, as far as there are rows. All of the state is written:
 * a scatter would refuse the rows past its end.
 */
export function exportAppend({ x, state, position }: AppendOperation, to: OnnxBuilder): OnnxValue {
  const { vectors } = state;
  if (position.length > 1) return exportAppendEach({ x, state, position }, to);
  const row = to.each("Sub", range(vectors, to), to.indices(position));
  const nearest = to.each("Clip", row, to.integers([0], []), to.integers([x.vectors - 1], []));
  const inside = to.reshape(to.each("Equal", row, nearest), [vectors, 1]);
  const rows = to.gather(to.of(x), nearest, 0);
  return to.each("Where", inside, rows, to.of(state));
}

/** Each row is the vector of x that goes there, where there is one. */
function exportAppendEach(
  { x, state, position }: Pick<AppendOperation, "x" | "state" | "position">,
  to: OnnxBuilder,
): OnnxValue {
  const { vectors } = state;
  const rows = to.reshape(range(vectors, to), [vectors, 1]);
  const equal = to.each("Equal", rows, to.reshape(to.indices(position), [1, x.vectors]));
  const numbers = to.node("Cast", [equal], equal.shape, { to: 7 });
  const vector = to.node("ArgMax", [numbers], [vectors], { axis: 1, keepdims: 0 });
  const written = isPositive(to.reduce("ReduceMax", numbers, [1], true), to);
  return to.each("Where", written, to.gather(to.of(x), vector, 0), to.of(state));
}
