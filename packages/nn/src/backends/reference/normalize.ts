import type { FloatArray } from "@papilio/butterfly";
import type { NormalizeOperation, SoftmaxOperation } from "../../graph/operation.ts";
import type { CpuContext } from "./context.ts";

export function normalize(
  { x, norm, epsilon, weight, bias }: NormalizeOperation,
  context: CpuContext,
): FloatArray {
  const values = context.of(x);
  const y = context.zeros(x);
  const { features } = x;
  for (let start = 0; start < values.length; start += features) {
    const vector = values.subarray(start, start + features);
    const mean = norm === "layer" ? sumOf(vector, (value) => value) / features : 0;
    const squares = sumOf(vector, (value) => (value - mean) ** 2);
    const divisor =
      norm === "l2"
        ? Math.max(Math.sqrt(squares), epsilon)
        : Math.sqrt(squares / features + epsilon);
    for (let feature = 0; feature < features; feature++) {
      const scaled = ((vector[feature] as number) - mean) / divisor;
      const weighted = scaled * (weight?.values[feature] ?? 1);
      y[start + feature] = weighted + (bias?.values[feature] ?? 0);
    }
  }
  return y;
}

export function softmax({ x, log }: SoftmaxOperation, context: CpuContext): FloatArray {
  const values = context.of(x);
  const y = context.zeros(x);
  const { features } = x;
  for (let start = 0; start < values.length; start += features) {
    const vector = values.subarray(start, start + features);
    const most = largestOf(vector);
    const sum = sumOf(vector, (value) => Math.exp(value - most));
    for (let feature = 0; feature < features; feature++) {
      const difference = (vector[feature] as number) - most;
      y[start + feature] = log ? difference - Math.log(sum) : Math.exp(difference) / sum;
    }
  }
  return y;
}

function sumOf(vector: FloatArray, of: (value: number) => number): number {
  let sum = 0;
  for (let index = 0; index < vector.length; index++) sum += of(vector[index] as number);
  return sum;
}

/** The largest number; minus infinity of none. */
export function largestOf(vector: FloatArray): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < vector.length; index++)
    most = Math.max(most, vector[index] as number);
  return most;
}
