import type { Reduction } from "../kernels/reduction.ts";
import { UNIT } from "./expect-within.ts";

/** The sum, mean or maximum of numbers in float64, 0 of none; and what float32 may be off by. */
export function reduced(
  reduce: Reduction,
  numbers: readonly number[],
): readonly [value: number, bound: number] {
  if (numbers.length === 0) return [0, 0];
  if (reduce === "max") {
    // A weighted number is rounded.
    const most = Math.max(...numbers);
    return [most, UNIT * Math.abs(most)];
  }
  const divisor = reduce === "mean" ? numbers.length : 1;
  const sum = numbers.reduce((total, number) => total + number, 0);
  const size = numbers.reduce((total, number) => total + Math.abs(number), 0);
  // Each number may be a product, the sum has as many roundings, the quotient one.
  return [sum / divisor, ((numbers.length + 1) * UNIT * size) / divisor];
}
