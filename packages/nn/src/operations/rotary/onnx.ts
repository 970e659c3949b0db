import type { Parameter } from "../../modules/parameter.ts";
import type { OnnxBuilder, OnnxValue } from "../onnx-builder.ts";
import { tableRows } from "../shared/onnx-table-rows.ts";
import type { RotaryOperation } from "./operation.ts";

export function exportRotary(operation: RotaryOperation, to: OnnxBuilder): OnnxValue {
  const { x, headFeatures, style, cosines, sines, period, position } = operation;
  const pairs = headFeatures / 2;
  const halves = style === "halves";
  // The axis of the two numbers of a pair, and that of the pairs.
  const [axis, inner] = halves ? [3, [2, pairs]] : [4, [pairs, 2]];
  const shape = [x.vectors / period, period, x.features / headFeatures, ...inner];
  const values = to.reshape(to.of(x), shape);
  const part = shape.with(axis, 1);
  const [u, v] = to.nodes("Split", [values, to.integers([1, 1])], [part, part], { axis }) as [
    OnnxValue,
    OnnxValue,
  ];
  const angles = (name: string, table: Parameter): OnnxValue => {
    const rows = tableRows({ name, table, features: pairs, length: period, position }, to);
    const sequences = position !== undefined && position.length > 1 ? [position.length] : [];
    return to.reshape(rows, [...sequences, period, 1, ...(halves ? [1, pairs] : [pairs, 1])]);
  };
  const [cosine, sine] = [angles("cosines", cosines), angles("sines", sines)];
  const first = to.each("Sub", to.each("Mul", u, cosine), to.each("Mul", v, sine));
  const second = to.each("Add", to.each("Mul", u, sine), to.each("Mul", v, cosine));
  const turned = to.node("Concat", [first, second], shape, { axis });
  return to.reshape(turned, [x.vectors, x.features]);
}
