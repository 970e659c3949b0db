import type { NormalizationProblem } from "../kernels/normalization/kernel.ts";
import { EPSILON } from "./row-wise.ts";

export interface ExactNormalization {
  /** Of each number to the mean, where that is taken off. */
  readonly distances: readonly number[];
  /** What they are divided by. */
  readonly root: number;
  /** How far float32 may be from a distance, and, relatively, from what one divided by the root is. */
  readonly distanceError: number;
  readonly factorError: number;
  /** Whether the vector is not longer than epsilon, which it is divided by. */
  readonly short: boolean;
}

/** A vector's normalization in float64. */
export function exactNormalization(
  numbers: Float32Array,
  norm: NormalizationProblem["kind"],
  epsilon: number,
): ExactNormalization {
  const vector = [...numbers];
  const features = vector.length;
  const mean = norm === "layer" ? average(vector) : 0;
  const distances = vector.map((number) => number - mean);
  const square = average(distances.map((number) => number * number));
  // A sum of as many numbers, a division, and what it puts each distance off.
  const meanError = norm === "layer" ? (features + 1) * EPSILON * average(vector.map(Math.abs)) : 0;
  const squareError =
    (features + 4) * EPSILON * square +
    2 * meanError * average(distances.map(Math.abs)) +
    meanError ** 2;
  const length = Math.sqrt(features * square);
  const [root, of] =
    norm === "l2"
      ? [Math.max(length, epsilon), square]
      : [Math.sqrt(square + epsilon), square + epsilon];
  const relative = squareError / Math.max(of, Number.MIN_VALUE);
  // Half of it by the root, which WGSL allows two units in the last place, and few operations more.
  const factorError = relative / 2 / Math.max(1 - relative, 0.5) + 6 * EPSILON;
  const short = norm === "l2" && length <= epsilon;
  return {
    distances,
    root,
    distanceError: meanError + EPSILON * Math.max(...distances.map(Math.abs)),
    factorError,
    short,
  };
}

export function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
