import { blockDiagonal, KroneckerSparse, type Pattern } from "@papilio/butterfly";
import type { Activation } from "@papilio/gpu-runtime";
import type {
  ActivationOperation,
  AddVectorOperation,
  CombineOperation,
  LinearOperation,
} from "../../graph/operation.ts";
import type { Parameter } from "../../modules/parameter.ts";
import type { OnnxBuilder, Tensor } from "./onnx-builder.ts";

export function linear(operation: LinearOperation, to: OnnxBuilder): Tensor {
  const { activation, multiplier, addend } = operation;
  let y = product(operation, to);
  if (activation !== undefined) y = activate(y, activation, to);
  if (multiplier !== undefined) y = to.each("Mul", y, to.of(multiplier));
  return addend === undefined ? y : to.each("Add", y, to.of(addend));
}

/** The factors one after the other, the right-most first. Dense matrices are never made of them. */
function product({ x, matrix, bias, output }: LinearOperation, to: OnnxBuilder): Tensor {
  const { patterns } = matrix.chain;
  let y = to.of(x);
  let added = bias;
  for (let index = patterns.length - 1; index >= 0; index--) {
    const pattern = patterns[index] as Pattern;
    const name = patterns.length === 1 ? "weight" : `factors.${index}`;
    const weight = matrix.factors[index] as Parameter;
    y = toBlocks(y, x.vectors, pattern, patterns[index + 1], to);
    if (pattern.blocks > 1) {
      y = multiplyBlocks(y, { name, weight, pattern, vectors: x.vectors }, to);
      continue;
    }
    const { b, c } = pattern;
    const inside = index === 0 ? added : undefined;
    const operands = [to.reshape(y, [x.vectors, c]), to.parameter(name, weight, [b, c])];
    if (inside !== undefined) operands.push(to.parameter("bias", inside, [b]));
    y = to.node("Gemm", operands, [x.vectors, b], { transB: 1 });
    if (inside !== undefined) added = undefined;
  }
  y = fromBlocks(y, x.vectors, patterns[0] as Pattern, to);
  return added === undefined
    ? y
    : to.each("Add", y, to.parameter("bias", added, [output.features]));
}

/**
 * Brings what each block reads together: `[vectors, a, c, d]` to `[a*d, vectors, c]`. After another
 * factor of the chain, whose blocks' outputs are still together, `[a', d', vectors, b']` with
 * `a' = a*p`, `d = q*d'` and `b' = r*q`, it is one transposition for both.
 */
function toBlocks(
  y: Tensor,
  vectors: number,
  { a, c, d, blocks }: Pattern,
  before: Pattern | undefined,
  to: OnnxBuilder,
): Tensor {
  const shape = [blocks, vectors, c];
  if (before === undefined) return to.arrange(y, [vectors, a, c, d], [1, 3, 0, 2], shape);
  const [p, q] = [before.a / a, d / before.d];
  const axes = [a, p, before.d, vectors, before.b / q, q];
  return to.arrange(y, axes, [0, 5, 2, 3, 1, 4], shape);
}

/** Puts the outputs of the blocks in their places: `[a*d, vectors, b]` to `[vectors, a*b*d]`. */
function fromBlocks(
  y: Tensor,
  vectors: number,
  { a, b, d, rows }: Pattern,
  to: OnnxBuilder,
): Tensor {
  return to.arrange(y, [a, d, vectors, b], [2, 0, 3, 1], [vectors, rows]);
}

interface BlockProduct {
  readonly name: string;
  readonly weight: Parameter;
  readonly pattern: Pattern;
  readonly vectors: number;
}

/** `[a*d, vectors, c]` times the blocks, `[a*d, c, b]`. */
function multiplyBlocks(
  y: Tensor,
  { name, weight, pattern, vectors }: BlockProduct,
  to: OnnxBuilder,
): Tensor {
  const { b, c, blocks } = pattern;
  const made = to.once(weight, `blocks ${pattern}`, () =>
    to.floats(
      name,
      [blocks, c, b],
      () => blockDiagonal(new KroneckerSparse(pattern, weight.values)).transpose().values,
    ),
  );
  return to.node("MatMul", [y, made], [blocks, vectors, b]);
}

export function activation({ x, activation: kind }: ActivationOperation, to: OnnxBuilder): Tensor {
  return activate(to.of(x), kind, to);
}

function activate(x: Tensor, activation: Activation, to: OnnxBuilder): Tensor {
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
function gelu(x: Tensor, approximate: "none" | "tanh", to: OnnxBuilder): Tensor {
  const times = (value: Tensor, factor: number): Tensor => to.each("Mul", value, to.scalar(factor));
  if (approximate === "none") {
    const erf = to.node("Erf", [to.each("Div", x, to.scalar(Math.SQRT2))], x.shape);
    return times(to.each("Mul", x, to.each("Add", erf, to.scalar(1))), 0.5);
  }
  const cube = to.each("Pow", x, to.scalar(3));
  const inner = times(to.each("Add", x, times(cube, 0.044715)), Math.sqrt(2 / Math.PI));
  const tanh = to.each("Add", to.node("Tanh", [inner], x.shape), to.scalar(1));
  return to.each("Mul", times(x, 0.5), tanh);
}

export function combine({ x, other, operation }: CombineOperation, to: OnnxBuilder): Tensor {
  return to.each(operation === "add" ? "Add" : "Mul", to.of(x), to.of(other));
}

export function addVector({ x, vector }: AddVectorOperation, to: OnnxBuilder): Tensor {
  return to.each("Add", to.of(x), to.parameter("vector", vector, [x.features]));
}
