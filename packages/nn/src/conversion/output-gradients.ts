import { PapilioError } from "@papilio/butterfly";
import type { uniform } from "@papilio/butterfly/numeric";
import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { operandsOf, operationsOf } from "../operations/operation.ts";
import { gradient } from "../training/gradient.ts";

/** Gradients of what a graph computes by values of it, for one random direction of each vector of the result. */
export interface OutputGradients {
  /** In the order of the values; undefined of one that the result does not depend on. */
  readonly gradients: readonly (Value | undefined)[];
  /** The name of the result, and the input that {@link directionsOf} gives. */
  readonly result: string;
  readonly input: string;
}

const INPUT = "calibration.directions";

/**
 * Adds gradients to a graph, of its output `logits` or else its first one.
 *
 * @throws PapilioError `GRADIENT_UNAVAILABLE`; `OPTION_INVALID` for a graph without outputs
 */
export function addOutputGradients(graph: Graph, of: readonly Value[]): OutputGradients {
  const [first] = graph.outputs.keys();
  const result = graph.outputs.has("logits") ? "logits" : first;
  const value = graph.outputs.get(result ?? "");
  if (result === undefined || value === undefined) {
    throw new PapilioError(
      "OPTION_INVALID",
      "A graph of the calibration has no output, of which there could be gradients.",
      "Give graphs as a model traces them.",
    );
  }
  const read = new Set([value]);
  for (const operation of operationsOf(graph).toReversed()) {
    if (read.has(operation.output)) for (const operand of operandsOf(operation)) read.add(operand);
  }
  const { vectors, features } = value;
  const seed = graph.input(INPUT, { vectors, features });
  const wanted = of.filter((one) => read.has(one));
  const found = gradient(graph, value, wanted, { seed });
  const gradients = of.map((one) => (read.has(one) ? found[wanted.indexOf(one)] : undefined));
  return { gradients, result, input: INPUT };
}

/**
 * Random directions `s` with the covariance by which the error of a result counts. Of logits that is the Hessian of the
 * Kullback-Leibler divergence, `diag(p) - p p^T` with their softmax `p`: of random signs `z`,
 * `s = sqrt(p) z - p (sqrt(p) . z)` has it. Of other results it is the identity.
 */
export function directionsOf(
  result: string,
  values: Float32Array,
  features: number,
  random: ReturnType<typeof uniform>,
): Float32Array {
  const directions = Float32Array.from(values, () => (random() < 0 ? -1 : 1));
  if (result !== "logits") return directions;
  for (let first = 0; first < values.length; first += features) {
    const row = values.subarray(first, first + features);
    const own = directions.subarray(first, first + features);
    const most = row.reduce((largest, value) => Math.max(largest, value), Number.NEGATIVE_INFINITY);
    const shares = Float64Array.from(row, (value) => Math.exp(value - most));
    const whole = shares.reduce((sum, share) => sum + share, 0);
    let along = 0;
    for (let at = 0; at < features; at++) {
      shares[at] = (shares[at] as number) / whole;
      along += Math.sqrt(shares[at] as number) * (own[at] as number);
    }
    for (let at = 0; at < features; at++) {
      const share = shares[at] as number;
      own[at] = Math.sqrt(share) * (own[at] as number) - share * along;
    }
  }
  return directions;
}
