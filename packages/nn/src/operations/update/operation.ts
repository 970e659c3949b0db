import { number, objectOf, oneOf, optional, pairOfNumbers } from "../../arguments/checks.ts";
import { parameterCheck, valueCheck } from "../../graph/operand-checks.ts";
import { requireShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";
import type { Parameter } from "../../modules/parameter.ts";
import { SETTINGS } from "../step-settings/operation.ts";

/** How an optimizer changes a parameter. */
export interface UpdateRule {
  /**
   * With the learning rate `η` and the gradient `g`, which was scaled: `"adamw"` (arXiv 1711.05101) has
   * `m ← β₁ m + (1 - β₁) g`, `v ← β₂ v + (1 - β₂) g²` and `p ← (1 - η decay) p - η (m / c₁) / (√(v / c₂) + epsilon)`;
   * `"adam"` (arXiv 1412.6980) the same of `g + decay p` in place of g, without the decay of p; `"sgd"` has
   * `m ← β₁ m + g + decay p` and `p ← p - η m`.
   */
  readonly optimizer: "adamw" | "adam" | "sgd";
  /** What the learning rate of the step is multiplied by. */
  readonly rate: number;
  readonly decay: number;
  readonly betas: readonly [number, number];
  readonly epsilon: number;
}

/** A step of an optimizer. The output is the parameter, as one vector. */
export interface UpdateOperation extends GraphOperation<"update"> {
  readonly parameter: Parameter;
  readonly gradient: Value;
  /** States: the mean of gradients and, for Adam and AdamW, that of their squares. */
  readonly momentum: Value;
  readonly squares?: Value | undefined;
  /** What all updates of the step have in common. */
  readonly settings: Value;
  readonly rule: UpdateRule;
}

/** What a graph must know of the operation. */
export const updateDefinition: OperationDefinition<UpdateOperation> = {
  kind: "update",
  fields: {
    parameter: parameterCheck,
    gradient: valueCheck,
    momentum: valueCheck,
    squares: optional(valueCheck),
    settings: valueCheck,
    rule: objectOf({
      optimizer: oneOf("adamw", "adam", "sgd"),
      rate: number,
      decay: number,
      betas: pairOfNumbers,
      epsilon: number,
    }),
  },
  operands: ({ gradient, momentum, squares, settings }) =>
    [gradient, momentum, squares, settings].filter((value) => value !== undefined),
  parameters: ({ parameter }) => [parameter],
  flops: ({ parameter, squares }) => (squares === undefined ? 6 : 14) * parameter.length,
};

/** Changes a parameter and the states of its optimizer in place, after all that reads it. */
export function update(
  parameter: Parameter,
  gradient: Value,
  fields: Pick<UpdateOperation, "momentum" | "squares" | "settings" | "rule">,
): Value {
  const shape = { vectors: 1, features: parameter.length };
  const { momentum, squares, settings } = fields;
  for (const value of [gradient, momentum, squares]) {
    if (value !== undefined) requireShape("", value, shape.vectors, shape.features);
  }
  requireShape("", settings, 1, SETTINGS);
  return gradient.graph.add(updateDefinition, { path: "", parameter, gradient, ...fields }, shape);
}
