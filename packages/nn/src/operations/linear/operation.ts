import { requireObject, requireOptions } from "@papilio/butterfly/errors";
import type { Activation } from "@papilio/butterfly/numeric";
import { optional } from "../../arguments/checks.ts";
import { parameterCheck, valueCheck } from "../../graph/operand-checks.ts";
import { requireFeatures, requireLength } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";
import type { Parameter } from "../../modules/parameter.ts";
import { activationCheck } from "../shared/activation-check.ts";
import { denseMatrix, type Matrix, matrixCheck } from "./matrix.ts";

/** `activation(W x + bias) * multiplier + addend`, all but the product optional. */
export interface LinearOperation extends GraphOperation<"linear"> {
  readonly x: Value;
  readonly matrix: Matrix;
  readonly bias?: Parameter | undefined;
  readonly activation?: Activation | undefined;
  readonly multiplier?: Value | undefined;
  readonly addend?: Value | undefined;
}

/** What a graph must know of the operation. */
export const linearDefinition: OperationDefinition<LinearOperation> = {
  kind: "linear",
  fields: {
    x: valueCheck,
    matrix: matrixCheck,
    bias: optional(parameterCheck),
    activation: optional(activationCheck),
    multiplier: optional(valueCheck),
    addend: optional(valueCheck),
  },
  operands: ({ x, multiplier, addend }) =>
    [x, multiplier, addend].filter((value) => value !== undefined),
  parameters: ({ bias }) => [bias],
  flops: ({ x, matrix }) => 2 * x.vectors * matrix.chain.nonZeros,
};

/** `W x + bias`. A dense matrix is `[rows, cols]`. */
export function linear(
  x: Value,
  weight: Parameter | Matrix,
  options: { readonly path?: string; readonly bias?: Parameter | undefined } = {},
): Value {
  requireOptions("What linear is given", options);
  requireObject("The weight", weight, "a Parameter, or a chain with its factors");
  const { path = "", bias } = options;
  const matrix = "chain" in weight ? weight : denseMatrix(weight);
  matrixCheck("The weight", matrix);
  const { rows, cols } = matrix.chain;
  requireFeatures(path, x, cols);
  if (bias !== undefined) requireLength(path, "bias", bias, rows);
  return x.graph.add(
    linearDefinition,
    { path, x, matrix, bias },
    { vectors: x.vectors, features: rows },
  );
}
