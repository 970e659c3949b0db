import { requireOptions } from "@papilio/butterfly/errors";
import { text } from "../arguments/checks.ts";
import { valueCheck } from "../graph/operand-checks.ts";
import type { Indices, Value } from "../graph/value.ts";
import { multiply } from "../operations/combine/operation.ts";
import { crossEntropyOfVectors } from "../operations/cross-entropy/operation.ts";
import { distillationOfVectors } from "../operations/distillation/operation.ts";
import { labelWeights } from "../operations/label-weights/operation.ts";
import { reduceVectors } from "../operations/reduce-vectors/operation.ts";
import { squaredError } from "../operations/squared-error/operation.ts";

/** What a loss is called in plans and errors. */
export interface LossOptions {
  readonly path?: string;
}

export interface CrossEntropyOptions extends LossOptions {
  /** What all classes share evenly of what is wanted, from 0 to below 1; 0 unless given. */
  readonly smoothing?: number;
  /**
   * The label of vectors that do not count: a class, such as that of padding, or the number of classes. All count
   * unless it is given.
   */
  readonly ignored?: number | undefined;
}

/**
 * The mean of the cross-entropy of vectors with their labels, of those that count: in nats,
 * `log Σ exp x - (1 - smoothing) x[label] - smoothing · mean of x`. 0 where none counts. The sum of exponentials is
 * taken off the largest logit, so that no exponential overflows.
 *
 * @param logits `[vectors, classes]`
 * @param labels the class of each vector
 * @returns one number, a vector of one feature
 * @throws PapilioError `GRAPH_SHAPE` unless there is a label for each vector; `OPTION_INVALID`
 *
 * @example
 * ```ts
 * const labels = graph.indices("labels", logits.vectors);
 * const loss = crossEntropy(logits, labels, { smoothing: 0.1 });
 * ```
 */
export function crossEntropy(
  logits: Value,
  labels: Indices,
  options: CrossEntropyOptions = {},
): Value {
  requireOptions("The options of crossEntropy", options);
  const { path = "", smoothing = 0, ignored } = options;
  const losses = crossEntropyOfVectors(logits, labels, { path, smoothing, ignored });
  if (ignored === undefined) return mean(losses, path);
  return mean(multiply(losses, labelWeights(labels, logits.features, ignored, path), path), path);
}

/**
 * The mean of `(x - target)²` over all features of all vectors.
 *
 * @param x `[vectors, features]`
 * @param target of the same shape: numbers that are given, or the hidden states of a teacher
 * @returns one number, a vector of one feature
 * @throws PapilioError `GRAPH_SHAPE` for other shapes
 */
export function meanSquaredError(x: Value, target: Value, options: LossOptions = {}): Value {
  const path = pathOf("meanSquaredError", x, options);
  return mean(squaredError(x, target, path), path);
}

export interface DistillationOptions extends LossOptions {
  /** What logits are divided by, above 0: the higher, the more the classes that are not the largest count; 1 unless given. */
  readonly temperature?: number;
}

/**
 * The mean over vectors of `temperature² Σ q log (q / p)`, with the softmax p of the student's logits and q of the
 * teacher's, divided by the temperature: the softened Kullback-Leibler divergence (Hinton, Vinyals and Dean, 2015,
 * arXiv 1503.02531). The square keeps gradients as large as those of cross-entropy. The teacher has no gradient.
 *
 * @param student `[vectors, classes]`
 * @param teacher of the same shape
 * @returns one number, a vector of one feature
 * @throws PapilioError `GRAPH_SHAPE` for other shapes; `OPTION_INVALID` for a temperature that is none
 */
export function distillationLoss(
  student: Value,
  teacher: Value,
  options: DistillationOptions = {},
): Value {
  const path = pathOf("distillationLoss", student, options);
  const { temperature = 1 } = options;
  return mean(distillationOfVectors(student, teacher, temperature, path), path);
}

function pathOf(loss: string, x: Value, options: LossOptions): string {
  valueCheck("The value", x);
  requireOptions(`The options of ${loss}`, options);
  const { path = "" } = options;
  text("path", path);
  return path;
}

function mean(losses: Value, path: string): Value {
  return reduceVectors(losses, { path, reduce: "mean", period: losses.vectors });
}
