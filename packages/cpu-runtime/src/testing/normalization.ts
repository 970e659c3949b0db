import type { NormalizeProblem } from "../kernels/normalize.ts";
import { SMALLEST, UNIT } from "./expect-within.ts";

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
  norm: NormalizeProblem["norm"],
  epsilon: number,
): ExactNormalization {
  const vector = [...numbers];
  const features = vector.length;
  const mean = norm === "layer" ? average(vector) : 0;
  const distances = vector.map((number) => number - mean);
  const square = average(distances.map((number) => number * number));
  // A sum of as many numbers, a division, and what it puts each distance off.
  const meanError = norm === "layer" ? (features + 1) * UNIT * average(vector.map(Math.abs)) : 0;
  const squareError =
    (features + 4) * UNIT * square +
    2 * meanError * average(distances.map(Math.abs)) +
    meanError ** 2;
  const length = Math.sqrt(features * square);
  const [root, of] =
    norm === "l2"
      ? [Math.max(length, epsilon), square]
      : [Math.sqrt(square + epsilon), square + epsilon];
  const relative = squareError / Math.max(of, SMALLEST);
  // Half of it by the root; the root, the quotients and epsilon in float32 are rounded.
  const factorError = relative / 2 / Math.max(1 - relative, 0.5) + 4 * UNIT;
  const short = norm === "l2" && length <= epsilon;
  return {
    distances,
    root,
    distanceError: meanError + UNIT * Math.max(...distances.map(Math.abs)),
    factorError,
    short,
  };
}

export function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
