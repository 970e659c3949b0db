import { listOf, number, optional } from "../../arguments/checks.ts";
import { valueCheck } from "../../graph/operand-checks.ts";
import { requireShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";

/** What the updates of a step have in common. */
export interface StepSettingsOperation extends GraphOperation<"step-settings"> {
  readonly gradients: readonly Value[];
  readonly loss: Value;
  readonly given: Value;
  readonly clip?: number | undefined;
}

/** What a graph must know of the operation. */
export const stepSettingsDefinition: OperationDefinition<StepSettingsOperation> = {
  kind: "step-settings",
  fields: {
    gradients: listOf(valueCheck),
    loss: valueCheck,
    given: valueCheck,
    clip: optional(number),
  },
  operands: ({ gradients, loss, given }) => [...gradients, loss, given],
  flops: ({ gradients }) => gradients.reduce((sum, { features }) => sum + 2 * features, 0),
};

/**
 * Numbers that a step is given, and as many that its updates have in common: the learning rate; what gradients are
 * multiplied by; the corrections `c₁` and `c₂` of AdamW (`1 - β^t`); and, given, 0 where sums over runs begin, or, of what
 * updates have in common, the norm of all gradients, multiplied, before it is clipped.
 */
export const SETTINGS = 5;

/**
 * What is given, with gradients scaled down to the norm `clip` of all together. The learning rate is -1, at which nothing is
 * updated, where the loss or the norm is not finite.
 *
 * @param gradients one vector each
 */
export function stepSettings(
  gradients: readonly Value[],
  loss: Value,
  given: Value,
  clip?: number,
): Value {
  requireShape("", loss, 1, 1);
  const shape = { vectors: 1, features: SETTINGS };
  requireShape("", given, shape.vectors, shape.features);
  for (const gradient of gradients) requireShape("", gradient, 1, gradient.features);
  return loss.graph.add(stepSettingsDefinition, { path: "", gradients, loss, given, clip }, shape);
}
