import {
  describeValue,
  requireList,
  requireNumber,
  requireObject,
  requireOneOf,
  requireWhole,
  wrongArgument,
} from "@papilio/butterfly/errors";
import { UPDATE } from "../wasm/kernel-ids.ts";
import { ADAM, ADAMW, MOMENTUM } from "../wasm/kernel-options.ts";
import { floatWord, type KernelCall } from "./kernel-call.ts";
import { requireAtLeastZero, vectorsOperand } from "./problem.ts";
import { SETTINGS } from "./step-settings.ts";

/** A step of an optimizer, of numbers that follow one another. */
export interface UpdateProblem {
  /** Numbers of the parameter. */
  readonly length: number;
  /**
   * With the learning rate `η` and the gradient `g`, which was scaled: `"adamw"` (arXiv 1711.05101) has
   * `m ← β₁ m + (1 - β₁) g`, `v ← β₂ v + (1 - β₂) g²` and `p ← (1 - η decay) p - η (m / c₁) / (√(v / c₂) + epsilon)`;
   * `"adam"` (arXiv 1412.6980) the same of `g + decay p` in place of g, without the decay of p; `"sgd"` has
   * `m ← β₁ m + g + decay p` and `p ← p - η m`.
   */
  readonly optimizer: "adamw" | "adam" | "sgd";
  /** What the learning rate of the run is multiplied by, at least 0. */
  readonly rate: number;
  /** The weight decay, at least 0. */
  readonly decay: number;
  /** Of the momentum, and of the mean of squares: from 0 to below 1. */
  readonly betas: readonly [number, number];
  readonly epsilon: number;
}

const OPTIMIZERS = { adamw: ADAMW, adam: ADAM, sgd: MOMENTUM } as const;

/** Numbers of an item, as assembly/kernels/update.ts divides them. */
export const UPDATE_CHUNK = 8192;

/**
 * Operands: the parameter, the gradient, the momentum, for Adam and AdamW the squares, then settings of {@link stepSettings}, which
 * are read when it runs: the learning rate, what gradients are multiplied by, and the corrections `c₁` and `c₂`
 * (`1 - β^t` at step `t`). At a learning rate below 0 nothing changes.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function update(problem: UpdateProblem): KernelCall {
  requireObject("The problem", problem, "an UpdateProblem");
  const { length, optimizer, rate, decay, betas, epsilon } = problem;
  requireWhole("The number of numbers", length, 1);
  requireOneOf("The optimizer", optimizer, ["adamw", "adam", "sgd"]);
  requireAtLeastZero("The rate", rate);
  requireAtLeastZero("The decay", decay);
  requireList("The betas", betas);
  const [beta1, beta2] = betas;
  requireBeta("The first beta", beta1);
  requireBeta("The second beta", beta2);
  requireAtLeastZero("Epsilon", epsilon);
  const adam = optimizer !== "sgd";
  const numbers = { vectors: 1, features: length };
  return {
    kernel: UPDATE,
    label: `${optimizer} of ${length} numbers`,
    items: Math.ceil(length / UPDATE_CHUNK),
    scratchBytes: 0,
    operands: [
      vectorsOperand("parameter", "update", "tiles", numbers),
      vectorsOperand("gradient", "read", "tiles", numbers),
      vectorsOperand("momentum", "update", "tiles", numbers),
      ...(adam ? [vectorsOperand("squares", "update", "tiles", numbers)] : []),
      vectorsOperand("settings", "read", "tiles", { vectors: 1, features: SETTINGS }),
    ],
    words: ([parameter = 0, gradient = 0, momentum = 0, ...others]) => {
      const squares = adam ? (others.shift() as number) : 0;
      const [settings = 0] = others;
      return [
        ...[parameter, gradient, momentum, squares, settings],
        ...[length, OPTIMIZERS[optimizer]],
        ...[rate, decay, beta1, beta2, epsilon].map(floatWord),
      ];
    },
    flops: (adam ? 14 : 6) * length,
    bytes: 4 * length * (adam ? 7 : 5),
  };
}

function requireBeta(name: string, beta: unknown): void {
  requireNumber(name, beta);
  if (beta >= 0 && Math.fround(beta) < 1) return;
  throw wrongArgument(name, describeValue(beta), "a number from 0 to below 1");
}
