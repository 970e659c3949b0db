import type { Value } from "../graph/value.ts";
import type { Parameter } from "../modules/parameter.ts";

/**
 * Where the rule of an operation puts the gradients of what it reads, as values of the same graph: operations behind
 * those that are there.
 */
export interface GradientContext {
  /** Whether the gradient of an operand, or of a parameter, is asked for, or one that depends on it. */
  needs(operand: Value | Parameter): boolean;
  /** Adds to the gradient of an operand, a value of the same shape; nothing where it is not needed. */
  add(operand: Value, gradient: Value): void;
  /** Adds to the gradient of a parameter: one vector of all its numbers, in row-major order of its shape. */
  addParameter(parameter: Parameter, gradient: Value): void;
}
