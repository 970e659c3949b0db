import type { FloatArray } from "@papilio/butterfly";
import { largestOf, sumOf } from "./sums.ts";

/** Numbers less the largest, divided by a temperature, and the sum of their exponentials. */
export function softened(
  logits: FloatArray,
  temperature: number,
): { readonly exponents: Float64Array; readonly total: number } {
  const most = largestOf(logits);
  const exponents = Float64Array.from(logits, (logit) => (logit - most) / temperature);
  return { exponents, total: sumOf(exponents, Math.exp) };
}
