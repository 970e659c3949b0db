import type { Activation } from "@papilio/butterfly/numeric";
import type { OnnxBuilder, OnnxValue } from "../onnx-builder.ts";
import type { ActivationOperation } from "./operation.ts";

export function exportActivation(
  { x, activation: kind }: ActivationOperation,
  to: OnnxBuilder,
): OnnxValue {
  return applyActivation(to.of(x), kind, to);
}

export function applyActivation(x: OnnxValue, activation: Activation, to: OnnxBuilder): OnnxValue {
  switch (activation.kind) {
    case "relu": {
      const { upper } = activation;
      return upper === undefined
        ? to.node("Relu", [x], x.shape)
        : to.node("Clip", [x, to.scalar(0), to.scalar(upper)], x.shape);
    }
    case "leaky-relu":
      return to.node("LeakyRelu", [x], x.shape, { alpha: { float: activation.negativeSlope } });
    case "elu":
      return to.node("Elu", [x], x.shape, { alpha: { float: activation.alpha } });
    case "gelu":
      return gelu(x, activation.approximate, to);
    case "silu":
      return to.each("Mul", x, to.node("Sigmoid", [x], x.shape));
    case "sigmoid":
      return to.node("Sigmoid", [x], x.shape);
    case "tanh":
      return to.node("Tanh", [x], x.shape);
  }
}

/** `x/2 * (1 + erf(x / sqrt(2)))`, or tanh of a polynomial instead of erf: as runtimes know to fuse. */
function gelu(x: OnnxValue, approximate: "none" | "tanh", to: OnnxBuilder): OnnxValue {
  const times = (value: OnnxValue, factor: number): OnnxValue =>
    to.each("Mul", value, to.scalar(factor));
  if (approximate === "none") {
    const erf = to.node("Erf", [to.each("Div", x, to.scalar(Math.SQRT2))], x.shape);
    return times(to.each("Mul", x, to.each("Add", erf, to.scalar(1))), 0.5);
  }
  const cube = to.each("Pow", x, to.scalar(3));
  const inner = times(to.each("Add", x, times(cube, 0.044715)), Math.sqrt(2 / Math.PI));
  const tanh = to.each("Add", to.node("Tanh", [inner], x.shape), to.scalar(1));
  return to.each("Mul", times(x, 0.5), tanh);
}
