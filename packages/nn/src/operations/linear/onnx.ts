import type { Pattern } from "@papilio/butterfly";
import { blockDiagonal } from "@papilio/butterfly/matrix";
import type { Parameter } from "../../modules/parameter.ts";
import { applyActivation } from "../activation/onnx.ts";
import type { OnnxBuilder, OnnxValue } from "../onnx-builder.ts";
import { factorOf } from "./matrix.ts";
import type { LinearOperation } from "./operation.ts";

export function exportLinear(operation: LinearOperation, to: OnnxBuilder): OnnxValue {
  const { activation, multiplier, addend } = operation;
  let y = product(operation, to);
  if (activation !== undefined) y = applyActivation(y, activation, to);
  if (multiplier !== undefined) y = to.each("Mul", y, to.of(multiplier));
  return addend === undefined ? y : to.each("Add", y, to.of(addend));
}

/** The factors one after the other, the right-most first. Dense matrices are never made of them. */
function product({ x, matrix, bias, output }: LinearOperation, to: OnnxBuilder): OnnxValue {
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
  y: OnnxValue,
  vectors: number,
  { a, c, d, blocks }: Pattern,
  before: Pattern | undefined,
  to: OnnxBuilder,
): OnnxValue {
  const shape = [blocks, vectors, c];
  if (before === undefined) return to.arrange(y, [vectors, a, c, d], [1, 3, 0, 2], shape);
  const [p, q] = [before.a / a, d / before.d];
  const axes = [a, p, before.d, vectors, before.b / q, q];
  return to.arrange(y, axes, [0, 5, 2, 3, 1, 4], shape);
}

/** Puts the outputs of the blocks in their places: `[a*d, vectors, b]` to `[vectors, a*b*d]`. */
function fromBlocks(
  y: OnnxValue,
  vectors: number,
  { a, b, d, rows }: Pattern,
  to: OnnxBuilder,
): OnnxValue {
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
  y: OnnxValue,
  { name, weight, pattern, vectors }: BlockProduct,
  to: OnnxBuilder,
): OnnxValue {
  const { b, c, blocks } = pattern;
  const made = to.once(weight, `blocks ${pattern}`, () =>
    to.floats(
      name,
      [blocks, c, b],
      () => blockDiagonal(factorOf(pattern, weight).expand()).transpose().values,
    ),
  );
  return to.node("MatMul", [y, made], [blocks, vectors, b]);
}
