import { requireObject, requireOneOf } from "@papilio/butterfly/errors";
import type { Parameter } from "../modules/parameter.ts";
import { requireBeta, requireNotNegative } from "./settings.ts";

/** A step of AdamW (arXiv 1711.05101), with the corrections of its means. */
export interface AdamWOptions {
  readonly kind: "adamw";
  /** Of the mean of gradients and of that of their squares; 0.9 and 0.999 unless given. */
  readonly beta1?: number;
  readonly beta2?: number;
  /** What is added to the root of the squares; 1e-8 unless given. */
  readonly epsilon?: number;
}

/** A step of stochastic gradient descent, as PyTorch's `SGD` has it: `m ← momentum m + g + decay p`. */
export interface SgdOptions {
  readonly kind: "sgd";
  /** 0 unless given. */
  readonly momentum?: number;
}

export type OptimizerOptions = AdamWOptions | SgdOptions;

/** What a step changes a parameter by. */
export interface ParameterStep {
  readonly parameter: Parameter;
  readonly gradient: Float64Array;
  /** What gradients are multiplied by: their clipping. */
  readonly scale: number;
  /** The learning rate of this parameter. */
  readonly rate: number;
  readonly decay: number;
}

/** Throws `OPTION_INVALID`. */
export function requireOptimizer(options: OptimizerOptions): void {
  requireObject("The optimizer", options, "OptimizerOptions");
  requireOneOf("The kind of the optimizer", options.kind, ["adamw", "sgd"]);
  if (options.kind === "sgd") {
    const { momentum = 0 } = options;
    requireBeta("momentum", momentum);
    return;
  }
  const { beta1 = 0, beta2 = 0, epsilon = 0 } = options;
  requireBeta("beta1", beta1);
  requireBeta("beta2", beta2);
  requireNotNegative("epsilon", epsilon);
}

/** What an optimizer keeps of each parameter, and its steps: numbers are kept in float32, and computed in float64. */
export class Optimizer {
  readonly #options: OptimizerOptions;
  readonly #kept = new Map<Parameter, { momentum: Float32Array; squares: Float32Array }>();

  constructor(options: OptimizerOptions) {
    this.#options = options;
  }

  /** Changes the numbers of a parameter in place. `step` is counted from 0. */
  update(change: ParameterStep, step: number): void {
    const { parameter } = change;
    const { length } = parameter;
    const adam = this.#options.kind === "adamw";
    const kept = this.#kept.get(parameter) ?? {
      momentum: new Float32Array(length),
      squares: new Float32Array(adam ? length : 0),
    };
    this.#kept.set(parameter, kept);
    if (this.#options.kind === "adamw") adamw(this.#options, change, kept, step);
    else sgd(this.#options, change, kept.momentum);
  }
}

function adamw(
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamWOptions,
  { parameter, gradient, scale, rate, decay }: ParameterStep,
  { momentum, squares }: { readonly momentum: Float32Array; readonly squares: Float32Array },
  step: number,
): void {
  const { values } = parameter;
  const [correction1, correction2] = [1 - beta1 ** (step + 1), 1 - beta2 ** (step + 1)];
  for (let at = 0; at < values.length; at++) {
    const g = scale * (gradient[at] as number);
    const m = beta1 * (momentum[at] as number) + (1 - beta1) * g;
    const v = beta2 * (squares[at] as number) + (1 - beta2) * g * g;
    momentum[at] = m;
    squares[at] = v;
    const direction = m / correction1 / (Math.sqrt(v / correction2) + epsilon);
    values[at] = (1 - rate * decay) * (values[at] as number) - rate * direction;
  }
}

function sgd(
  { momentum: beta = 0 }: SgdOptions,
  { parameter, gradient, scale, rate, decay }: ParameterStep,
  momentum: Float32Array,
): void {
  const { values } = parameter;
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    const m = beta * (momentum[at] as number) + scale * (gradient[at] as number) + decay * value;
    momentum[at] = m;
    values[at] = value - rate * m;
  }
}
