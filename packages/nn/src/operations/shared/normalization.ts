import type { FloatArray } from "@papilio/butterfly";
import { sumOf } from "./sums.ts";

/** What is taken off a vector's numbers, 0 but for layer normalization, and what they are divided by. */
export function normalizationOf(
  vector: FloatArray,
  norm: "layer" | "rms" | "l2",
  epsilon: number,
): { readonly mean: number; readonly divisor: number } {
  const features = vector.length;
  const mean = norm === "layer" ? sumOf(vector, (value) => value) / features : 0;
  const squares = sumOf(vector, (value) => (value - mean) ** 2);
  const divisor =
    norm === "l2" ? Math.max(Math.sqrt(squares), epsilon) : Math.sqrt(squares / features + epsilon);
  return { mean, divisor };
}
