import { requireObject } from "@papilio/butterfly/errors";
import { type Activation, requireActivation } from "@papilio/butterfly/numeric";
import { ACTIVATION_GRADIENT } from "../wasm/kernel-ids.ts";
import { activationFlops, activationWords } from "./activation.ts";
import type { KernelCall, Layout } from "./kernel-call.ts";
import { vectorsBytes } from "./layout.ts";
import {
  requireLayout,
  requireVectorsShape,
  type VectorsShape,
  vectorsOperand,
} from "./problem.ts";

/** Bytes of an item, as assembly/kernels/activation-gradient.ts divides them. */
const CHUNK = 32768;

/** `dx = dy · f′(x)`, with the derivative of an activation. */
export interface ActivationGradientProblem extends VectorsShape {
  /** Of all vectors. */
  readonly layout: Layout;
  readonly activation: Activation;
}

/**
 * Operands: x, dy and dx. The derivative of NaN is NaN, at infinity it is its limit, and 0 where ReLU has a kink.
 *
 * @throws PapilioError `OPTION_INVALID`, `ACTIVATION_INVALID`
 */
export function activationGradient(problem: ActivationGradientProblem): KernelCall {
  requireObject("The problem", problem, "an ActivationGradientProblem");
  const { vectors, features, layout, activation } = problem;
  requireVectorsShape(problem);
  requireLayout(layout);
  requireActivation("the activation", activation);
  const bytes = vectorsBytes(layout, vectors, features);
  return {
    kernel: ACTIVATION_GRADIENT,
    label: `gradient of ${activation.kind} ${vectors} x ${features}`,
    items: Math.ceil(bytes / CHUNK),
    scratchBytes: 0,
    operands: [
      vectorsOperand("x", "read", layout, problem),
      vectorsOperand("dy", "read", layout, problem),
      vectorsOperand("dx", "write", layout, problem),
    ],
    words: ([x = 0, dy = 0, dx = 0]) => [x, dy, dx, bytes, ...activationWords(activation)],
    flops: vectors * features * (activationFlops(activation) + 1),
    bytes: 3 * bytes,
  };
}
