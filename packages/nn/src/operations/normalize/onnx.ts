import type { OnnxBuilder, OnnxValue } from "../onnx-builder.ts";
import type { NormalizeOperation } from "./operation.ts";

export function exportNormalize(operation: NormalizeOperation, to: OnnxBuilder): OnnxValue {
  const { x, norm, epsilon, weight, bias } = operation;
  const values = to.of(x);
  const scale = weight && to.parameter("weight", weight, [x.features]);
  const shift = bias && to.parameter("bias", bias, [x.features]);
  if (norm === "layer") {
    const ones = (): OnnxValue =>
      to.once(to, `ones ${x.features}`, () =>
        to.floats("constant", [x.features], () => new Float32Array(x.features).fill(1)),
      );
    const operands = [values, scale ?? ones(), ...(shift === undefined ? [] : [shift])];
    return to.node("LayerNormalization", operands, values.shape, {
      axis: -1,
      epsilon: { float: epsilon },
    });
  }
  const divisor = norm === "rms" ? rms(values, epsilon, to) : length(values, epsilon, to);
  const normalized = to.each("Div", values, divisor);
  const scaled = scale === undefined ? normalized : to.each("Mul", normalized, scale);
  return shift === undefined ? scaled : to.each("Add", scaled, shift);
}

/** The root of the mean of squares, as runtimes know to fuse. `[vectors, 1]`. */
function rms(x: OnnxValue, epsilon: number, to: OnnxBuilder): OnnxValue {
  const mean = to.reduce("ReduceMean", to.each("Pow", x, to.scalar(2)), [1], true);
  const sum = to.each("Add", mean, to.scalar(epsilon));
  return to.node("Sqrt", [sum], sum.shape);
}

/** The length of each vector, at least epsilon. `[vectors, 1]`. */
function length(x: OnnxValue, epsilon: number, to: OnnxBuilder): OnnxValue {
  return to.each("Max", to.reduce("ReduceL2", x, [1], true), to.scalar(epsilon));
}
