import type { Layout } from "@papilio/butterfly";
import { type Activation, requireActivation, stridesOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import { activationName } from "../activation.ts";
import { activationSlopeWgsl } from "../activation-slope.ts";
import { element, outputsKernel, type VectorStorage, vectorBindings } from "../outputs.ts";
import { checks, requireProblem, storageChecks } from "../problem-checks.ts";
import { loadWidth, wideType } from "../wgsl.ts";

/** `y = dy · f′(x)`, with the derivative of an activation. */
export interface ActivationGradientProblem extends VectorStorage {
  /** Vectors, padding included: it is computed with, and comes out in its own columns. */
  readonly batch: number;
  readonly features: number;
  /** Layout of dy. */
  readonly gradient: Layout;
  readonly activation: Activation;
}

/** Generates the gradient of an activation. Bindings: x, y and dy. */
export function activationGradientKernel(problem: ActivationGradientProblem): Kernel {
  requireProblem("activation-gradient", problem, {
    ...storageChecks,
    gradient: checks.layout,
    batch: checks.count,
    features: checks.count,
    activation: requireActivation,
  });
  const { from, gradient, to, dtype, activation } = problem;
  // What lies alike everywhere may as well be one long vector.
  const alike = from === to && gradient === to;
  const length = problem.batch * problem.features;
  const width = alike ? loadWidth(length) : 1;
  const [batch, features] = alike ? [1, length / width] : [problem.batch, problem.features];
  const read = (array: string, layout: Layout): string => {
    const strides = stridesOf({ batch, layout }, features);
    return `${wideType(width)}(${element(array, strides, "vector", "feature")})`;
  };
  const [x, y] = vectorBindings(dtype, width);
  return outputsKernel({
    label: `activation-gradient ${activationName(activation)} ${problem.batch}x${problem.features}`,
    dtype,
    width,
    y: { batch, layout: to, count: batch, features },
    bindings: [x, y, { ...x, name: "dy" }],
    functions: activationSlopeWgsl(activation, width),
    body: `let value = ${read("dy", gradient)} * slope(${read("x", from)});`,
  });
}
