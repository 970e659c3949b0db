import type { Layout } from "@papilio/butterfly";
import { requireObject, requireOneOf } from "@papilio/butterfly/errors";
import { type Activation, requireActivation, stridesOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import { activationName, activationWgsl } from "../activation.ts";
import { element, outputsKernel, type VectorStorage, vectorBindings } from "../outputs.ts";
import { type Check, checks, requireProblem, storageChecks } from "../problem-checks.ts";
import { loadWidth, wideType } from "../wgsl.ts";

/** `y = activation(x) + other`, or any part of it. */
export interface ElementwiseProblem extends VectorStorage {
  /** Vectors, padding included: it is computed with, and comes out in its own columns. */
  readonly batch: number;
  readonly features: number;
  /** None leaves `x` as it is. */
  readonly activation?: Activation;
  /** What is done with other vectors, of as many numbers, after the activation. */
  readonly combine?: { readonly operation: "add" | "multiply"; readonly layout: Layout };
}

const combination: Check = (name, value) => {
  requireObject(name, value, "an object with operation and layout");
  const { operation, layout } = value as { operation?: unknown; layout?: unknown };
  requireOneOf(`The operation of ${name}`, operation, ["add", "multiply"]);
  checks.layout(`The layout of ${name}`, layout);
};

/** Generates a function of each number. Bindings: x, y, and other if there is one. */
export function elementwiseKernel(problem: ElementwiseProblem): Kernel {
  requireProblem("elementwise", problem, {
    ...storageChecks,
    batch: checks.count,
    features: checks.count,
    activation: checks.optional(requireActivation),
    combine: checks.optional(combination),
  });
  const { from, to, dtype, activation, combine } = problem;
  const layouts = [from, to, ...(combine === undefined ? [] : [combine.layout])];
  // What lies alike everywhere may as well be one long vector.
  const alike = layouts.every((layout) => layout === to);
  const length = problem.batch * problem.features;
  const width = alike ? loadWidth(length) : 1;
  const [batch, features] = alike ? [1, length / width] : [problem.batch, problem.features];
  const strides = (layout: Layout) => stridesOf({ batch, layout }, features);
  const read = (array: string, layout: Layout): string =>
    `${wideType(width)}(${element(array, strides(layout), "vector", "feature")})`;

  const [x, y] = vectorBindings(dtype, width);
  const activated = activation === undefined ? "" : "activate";
  const combined =
    combine === undefined
      ? ""
      : ` ${combine.operation === "add" ? "+" : "*"} ${read("other", combine.layout)}`;
  const names = [
    ...(activation === undefined ? [] : [activationName(activation)]),
    ...(combine === undefined ? [] : [combine.operation]),
  ];
  return outputsKernel({
    label: `elementwise ${names.join(" ") || "copy"} ${problem.batch}x${problem.features}`,
    dtype,
    width,
    y: { batch, layout: to, count: batch, features },
    bindings: [x, y, ...(combine === undefined ? [] : [{ ...x, name: "other" }])],
    functions: activation === undefined ? "" : activationWgsl(activation, width),
    body: `let value = ${activated}(${read("x", from)})${combined};`,
  });
}
