import { requireObject, requireOneOf } from "@papilio/butterfly/errors";
import type { UpdateRule } from "../operations/update/operation.ts";
import { requireBeta, requireNotNegative } from "./settings.ts";

/**
 * A step of AdamW (arXiv 1711.05101), whose decay is apart from the gradient; or of Adam (arXiv 1412.6980), of
 * `g + decay p`, as PyTorch's have them. With the corrections of their means.
 */
export interface AdamOptions {
  readonly kind: "adamw" | "adam";
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

const BETAS = { beta1: 0.9, beta2: 0.999 } as const;

export type OptimizerOptions = AdamOptions | SgdOptions;

export type OptimizerKind = OptimizerOptions["kind"];

export const OPTIMIZER_KINDS: readonly OptimizerKind[] = ["adamw", "adam", "sgd"];

/** Whether an optimizer keeps the mean of the squares of gradients, beside that of gradients. */
export function keepsSquares(kind: OptimizerKind): boolean {
  return kind !== "sgd";
}

/** Throws `OPTION_INVALID`. */
export function requireOptimizer(options: OptimizerOptions): void {
  requireObject("The optimizer", options, "OptimizerOptions");
  requireOneOf("The kind of the optimizer", options.kind, OPTIMIZER_KINDS);
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

/** How an optimizer changes a parameter, by what its learning rate is multiplied, and its weight decay. */
export function updateRule(options: OptimizerOptions, rate: number, decay: number): UpdateRule {
  if (options.kind === "sgd") {
    const { momentum = 0 } = options;
    return { optimizer: "sgd", rate, decay, betas: [momentum, 0], epsilon: 0 };
  }
  const { beta1 = BETAS.beta1, beta2 = BETAS.beta2, epsilon = 1e-8 } = options;
  return { optimizer: options.kind, rate, decay, betas: [beta1, beta2], epsilon };
}

/** `1 - β^t` of both means of Adam, at a step that is counted from 0. */
export function corrections(options: OptimizerOptions, step: number): [number, number] {
  if (options.kind === "sgd") return [1, 1];
  const { beta1 = BETAS.beta1, beta2 = BETAS.beta2 } = options;
  return [1 - beta1 ** (step + 1), 1 - beta2 ** (step + 1)];
}
