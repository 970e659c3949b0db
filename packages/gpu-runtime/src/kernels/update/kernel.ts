import type { StorageDtype } from "@papilio/butterfly";
import { requireList } from "@papilio/butterfly/errors";
import type { Binding, Kernel } from "../../device/kernel.ts";
import { literal } from "../activation.ts";
import { perElementShader } from "../per-element.ts";
import { type Check, checks, requireNumber, requireProblem } from "../problem-checks.ts";
import { enabledBy, loadWidth, storedType, wideType } from "../wgsl.ts";

/** A step of an optimizer, of numbers that follow one another. */
export interface UpdateProblem {
  /** Numbers of the parameter. */
  readonly length: number;
  /** Of the gradient; the parameter and the optimizer's state are in float32. */
  readonly dtype: StorageDtype;
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

const betasCheck: Check = (name, value) => {
  requireList(name, value);
  checks.share(`The first of ${name}`, value[0]);
  checks.share(`The second of ${name}`, value[1]);
};

/**
 * Generates a step in place. Bindings: y, the parameter, gradient, momentum, for Adam and AdamW squares, then settings, numbers in
 * float32 of {@link stepSettingsKernel} that are read when it runs: the learning rate, what gradients are multiplied by,
 * and the corrections `c₁` and `c₂` (`1 - β^t` at step `t`). At a learning rate below 0 nothing changes.
 *
 * @throws PapilioError `OPTION_INVALID`, `KERNEL_PROBLEM`
 */
export function updateKernel(problem: UpdateProblem): Kernel {
  requireProblem("update", problem, {
    length: checks.count,
    dtype: checks.dtype,
    optimizer: checks.oneOf("adamw", "adam", "sgd"),
    betas: betasCheck,
  });
  const { length, dtype, optimizer, rate, decay, betas, epsilon } = problem;
  requireNumber("update", { rate, decay, epsilon }, 0);
  const width = loadWidth(length);
  const adam = optimizer !== "sgd";
  const decoupled = optimizer === "adamw";
  const kept = (name: string): Binding => ({
    name,
    elements: storedType("f32", width),
    access: "read-write",
  });
  const read = (name: string, elements: string): Binding => ({ name, elements, access: "read" });
  const [beta1, beta2] = betas;
  const step = adam
    ? `let m = mix(gradients, momentum[at], ${literal(beta1)});
  let v = mix(gradients * gradients, squares[at], ${literal(beta2)});
  momentum[at] = m;
  squares[at] = v;
  let direction = m / settings[2] / (sqrt(v / settings[3]) + ${literal(epsilon)});
  y[at] = ${decoupled ? `y[at] * (1.0 - rate * ${literal(decay)})` : "y[at]"} - rate * direction;`
    : `let m = ${literal(beta1)} * momentum[at] + gradients;
  momentum[at] = m;
  y[at] -= rate * m;`;
  return {
    label: `update ${optimizer} ${length}`,
    enables: enabledBy(dtype),
    bindings: [
      kept("y"),
      read("gradient", storedType(dtype, width)),
      kept("momentum"),
      ...(adam ? [kept("squares")] : []),
      read("settings", "f32"),
    ],
    ...perElementShader(
      { batch: 1, parts: { name: "at", count: length / width }, to: "batch-first" },
      `if (settings[0] < 0.0) { return; }
  let rate = settings[0] * ${literal(rate)};
  let gradients = ${wideType(width)}(gradient[at]) * settings[1]${decoupled ? "" : ` + ${literal(decay)} * y[at]`};
  ${step}`,
    ),
  };
}
