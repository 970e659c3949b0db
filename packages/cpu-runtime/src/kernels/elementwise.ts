import { requireObject, requireOneOf } from "@papilio/butterfly/errors";
import { type Activation, requireActivation } from "@papilio/butterfly/numeric";
import { ELEMENTWISE } from "../wasm/kernel-ids.ts";
import { ADD, ALONE, MULTIPLY } from "../wasm/kernel-options.ts";
import { activationFlops, activationWords } from "./activation.ts";
import type { KernelCall, Layout } from "./kernel-call.ts";
import { vectorsBytes } from "./layout.ts";
import {
  requireLayout,
  requireVectorsShape,
  type VectorsShape,
  vectorsOperand,
} from "./problem.ts";

/** Bytes of an item, as assembly/kernels/elementwise.ts divides them. */
const CHUNK = 32768;

/** `y = activation(x) + other`, or any part of it. */
export interface ElementwiseProblem extends VectorsShape {
  /** Of all vectors. */
  readonly layout: Layout;
  /** None leaves `x` as it is. */
  readonly activation?: Activation;
  /** What is done with as many other numbers, after the activation. */
  readonly combine?: "add" | "multiply";
}

/**
 * A function of each number. Operands: x, y, and other where there is one.
 *
 * @throws PapilioError `OPTION_INVALID`, `ACTIVATION_INVALID`
 */
export function elementwise(problem: ElementwiseProblem): KernelCall {
  requireObject("The problem", problem, "an ElementwiseProblem");
  const { vectors, features, layout, activation, combine } = problem;
  requireVectorsShape(problem);
  requireLayout(layout);
  if (activation !== undefined) requireActivation("the activation", activation);
  if (combine !== undefined) requireOneOf("What is done", combine, ["add", "multiply"]);
  const bytes = vectorsBytes(layout, vectors, features);
  const operands = [
    vectorsOperand("x", "read", layout, problem),
    vectorsOperand("y", "write", layout, problem),
    ...(combine === undefined ? [] : [vectorsOperand("other", "read", layout, problem)]),
  ];
  const combination = combine === undefined ? ALONE : combine === "add" ? ADD : MULTIPLY;
  const done = [activation?.kind, combine].filter((part) => part !== undefined);
  return {
    kernel: ELEMENTWISE,
    label: `${done.join(" and ") || "copy"} ${vectors} x ${features}`,
    items: Math.ceil(bytes / CHUNK),
    scratchBytes: 0,
    operands,
    words: ([x = 0, y = 0, other = 0]) => [
      ...[x, y, other, bytes],
      ...activationWords(activation),
      combination,
    ],
    flops: vectors * features * (activationFlops(activation) + (combine === undefined ? 0 : 1)),
    bytes: operands.length * bytes,
  };
}
