import type { FloatArray } from "@papilio/butterfly";
import { sumOf } from "./sums.ts";

/** What a vector is divided by: its spread about its mean, the mean of its squares, or its length. */
export const NORMS = ["layer", "rms", "l2"] as const;
export type Norm = (typeof NORMS)[number];

/** What is taken off a vector's numbers, 0 but for layer normalization, and what they are divided by. */
export function normalizationOf(
  vector: FloatArray,
  norm: Norm,
  epsilon: number,
): { readonly mean: number; readonly divisor: number } {
  const features = vector.length;
  const mean = norm === "layer" ? sumOf(vector, (value) => value) / features : 0;
  const squares = sumOf(vector, (value) => (value - mean) ** 2);
  const divisor =
    norm === "l2" ? Math.max(Math.sqrt(squares), epsilon) : Math.sqrt(squares / features + epsilon);
  return { mean, divisor };
}
