import type { OnnxBuilder, OnnxValue } from "../onnx-builder.ts";
import { range } from "../shared/onnx-numbers.ts";
import type { AppendOperation } from "./operation.ts";

/**
 * The rows from `position` on are those of x, as far as there are rows. All of the state is written:
 * a scatter would refuse the rows past its end.
 */
export function exportAppend({ x, state, position }: AppendOperation, to: OnnxBuilder): OnnxValue {
  const { vectors } = state;
  const row = to.each("Sub", range(vectors, to), to.indices(position));
  const nearest = to.each("Clip", row, to.integers([0], []), to.integers([x.vectors - 1], []));
  const inside = to.reshape(to.each("Equal", row, nearest), [vectors, 1]);
  const rows = to.gather(to.of(x), nearest, 0);
  return to.each("Where", inside, rows, to.of(state));
}
