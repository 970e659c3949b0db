import type { NormalizeOperation, SoftmaxOperation } from "../../graph/operation.ts";
import type { OnnxBuilder, Tensor } from "./onnx-builder.ts";

export function normalize(operation: NormalizeOperation, to: OnnxBuilder): Tensor {
  const { x, norm, epsilon, weight, bias } = operation;
  const values = to.of(x);
  const scale = weight && to.parameter("weight", weight, [x.features]);
  const shift = bias && to.parameter("bias", bias, [x.features]);
  if (norm === "layer") {
    const ones = (): Tensor =>
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
function rms(x: Tensor, epsilon: number, to: OnnxBuilder): Tensor {
  const mean = to.reduce("ReduceMean", to.each("Pow", x, to.scalar(2)), [1], true);
  const sum = to.each("Add", mean, to.scalar(epsilon));
  return to.node("Sqrt", [sum], sum.shape);
}

/** The length of each vector, at least epsilon. `[vectors, 1]`. */
function length(x: Tensor, epsilon: number, to: OnnxBuilder): Tensor {
  return to.each("Max", to.reduce("ReduceL2", x, [1], true), to.scalar(epsilon));
}

export function softmax({ x, log }: SoftmaxOperation, to: OnnxBuilder): Tensor {
  const values = to.of(x);
  return to.node(log ? "LogSoftmax" : "Softmax", [values], values.shape, { axis: -1 });
}
