import { PapilioError } from "@papilio/butterfly";
import { requireList, requireOptions } from "@papilio/butterfly/errors";
import { optional } from "../arguments/checks.ts";
import type { Graph } from "../graph/graph.ts";
import { graphCheck, parameterCheck, valueCheck } from "../graph/operand-checks.ts";
import { requireShape } from "../graph/operands.ts";
import type { Value } from "../graph/value.ts";
import { Parameter } from "../modules/parameter.ts";
import { add } from "../operations/combine/operation.ts";
import { gatherVectors } from "../operations/gather-vectors/operation.ts";
import type { GradientContext } from "../operations/gradient-context.ts";
import { type Operation, operandsOf, operationsOf, parametersOf } from "../operations/operation.ts";
import { addGradients } from "./gradient-rules.ts";

export interface GradientOptions {
  /**
   * The gradient of the loss itself, a value of its shape: what losses are scaled by, or the weights of several
   * numbers. 1 unless given, for which the loss must be a single number.
   */
  readonly seed?: Value | undefined;
}

/**
 * Adds operations to a graph that compute the gradients of a loss, so that every backend that runs the graph runs them.
 * What the operations of the model have computed is read where it is, and not computed again.
 *
 * Reverse mode: the operations that the loss depends on are walked from last to first. Where a value is read by several
 * operations, its gradient is the sum of theirs.
 *
 * @param of what the gradients are wanted of: parameters, and values of the graph
 * @returns the gradients in the same order. That of a value has its shape; that of a parameter is one vector of as many
 *   features as the parameter has numbers, in row-major order of its shape. They are no outputs of the graph yet.
 * @throws PapilioError `GRADIENT_INDEPENDENT` where the loss does not depend on one of these;
 *   `GRADIENT_UNAVAILABLE` where it does by an operation that has no gradient; `GRAPH_SHAPE`, `GRAPH_MIXED`
 *
 * @example
 * ```ts
 * const loss = crossEntropy(logits, graph.indices("labels", logits.vectors));
 * const [ofWeight] = gradient(graph, loss, [norm.weight]);
 * graph.output("weight", ofWeight);
 * ```
 */
export function gradient(
  graph: Graph,
  loss: Value,
  of: readonly (Parameter | Value)[],
  options: GradientOptions = {},
): Value[] {
  graphCheck("The graph", graph);
  valueCheck("The loss", loss);
  requireList("What the gradients are of", of);
  requireOptions("The options of gradient", options);
  for (const [index, each] of of.entries()) {
    const name = `Number ${index} of what the gradients are of`;
    (isValue(each) ? valueCheck : parameterCheck)(name, each);
  }
  optional(valueCheck)("The seed", options.seed);
  for (const value of [loss, options.seed, ...of.filter(isValue)]) {
    if (value === undefined || value.graph === graph) continue;
    throw new PapilioError(
      "GRAPH_MIXED",
      "The gradient of a value of another graph is asked for.",
      "Give values of the graph that the loss is of.",
    );
  }
  const seed = options.seed ?? one(graph);
  requireShape("", seed, loss.vectors, loss.features);

  const operations = operationsOf(graph).slice();
  const gradients = new Gradients(new Set(of));
  for (const operation of operations) gradients.follow(operation);
  gradients.add(loss, seed);
  for (const operation of operations.toReversed()) {
    const dy = gradients.of(operation.output);
    if (dy !== undefined && gradients.needs(operation.output)) {
      addGradients(operation, dy, gradients);
    }
  }
  return of.map((each, index) => gradients.of(each) ?? independent(index));
}

/** What has been found of the gradients so far. */
class Gradients implements GradientContext {
  readonly #needed: Set<Value | Parameter>;
  readonly #found = new Map<Value | Parameter, Value>();

  constructor(needed: Set<Value | Parameter>) {
    this.#needed = needed;
  }

  /** Needs the output of an operation where one of its operands is needed. */
  follow(operation: Operation): void {
    const factors = operation.kind === "linear" ? operation.matrix.factors : [];
    const read = [...operandsOf(operation), ...parametersOf(operation), ...factors];
    if (read.some((operand) => this.#needed.has(operand))) this.#needed.add(operation.output);
  }

  of(operand: Value | Parameter): Value | undefined {
    return this.#found.get(operand);
  }

  needs(operand: Value | Parameter): boolean {
    return this.#needed.has(operand);
  }

  add(operand: Value, gradient: Value): void {
    if (!this.needs(operand)) return;
    requireShape("", gradient, operand.vectors, operand.features);
    this.#add(operand, gradient);
  }

  addParameter(parameter: Parameter, gradient: Value): void {
    if (!this.needs(parameter)) return;
    requireShape("", gradient, 1, parameter.length);
    this.#add(parameter, gradient);
  }

  #add(operand: Value | Parameter, gradient: Value): void {
    const found = this.#found.get(operand);
    this.#found.set(operand, found === undefined ? gradient : add(found, gradient));
  }
}

function isValue(operand: Parameter | Value): operand is Value {
  return typeof operand === "object" && operand !== null && "graph" in operand;
}

/** The number 1. */
function one(graph: Graph): Value {
  const table = Parameter.of([1, 1], Float32Array.of(1));
  return gatherVectors(table, graph.fixed("the gradient of the loss", Uint32Array.of(0)));
}

function independent(index: number): never {
  throw new PapilioError(
    "GRADIENT_INDEPENDENT",
    `The loss does not depend on number ${index} of what the gradients are of.`,
    "Leave it out, or use it in what the loss is computed from.",
  );
}
