import { type Verification, verify } from "@papilio/butterfly";
import { FLOAT_FORMATS, stridesOf } from "@papilio/butterfly/numeric";
import type { FactorGradientProblem } from "../kernels/factor-gradient/problem.ts";
import { draw, lay } from "./vectors-in-memory.ts";

/** x and dy of a problem in memory; vectors that do not count are NaN. */
export function drawGradientOperands(
  { pattern, batch, count, layout, dtype }: FactorGradientProblem,
  seed = 1,
): Record<"x" | "dy", Float32Array> {
  const vectors = (features: number, seed: number): Float32Array =>
    lay(draw(count * features, dtype, seed), features, { batch, layout });
  return { x: vectors(pattern.cols, seed), dy: vectors(pattern.rows, seed + 1) };
}

/**
 * Compares a gradient with the sums in float64.
 *
 * @param parts of the batch, whose sums are added up
 */
export function verifyFactorGradient(
  actual: Float32Array,
  problem: FactorGradientProblem,
  operands: Record<"x" | "dy", Float32Array>,
  parts: number,
): Verification {
  const { count, dtype } = problem;
  const { reference, magnitude } = gradientInFloat64(problem, operands);
  return verify(actual, reference, magnitude, {
    dtype: "f32",
    terms: count + parts,
    // An operand that is subnormal as it is stored may be taken as zero; the other one is below 1.
    subnormalOperands: FLOAT_FORMATS[dtype].smallestNormal * count,
  });
}

function gradientInFloat64(
  { pattern, count, ...shape }: FactorGradientProblem,
  { x, dy }: Record<"x" | "dy", Float32Array>,
): Record<"reference" | "magnitude", Float64Array> {
  const { a, b, c, d, rows, cols, nonZeros } = pattern;
  const [from, gradient] = [stridesOf(shape, cols), stridesOf(shape, rows)];
  const [reference, magnitude] = [new Float64Array(nonZeros), new Float64Array(nonZeros)];
  let at = 0;
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let l = 0; l < c; l++) {
        for (let k = 0; k < d; k++, at++) {
          const output = ((i * b + j) * d + k) * gradient.feature;
          const input = ((i * c + l) * d + k) * from.feature;
          for (let n = 0; n < count; n++) {
            const product =
              (dy[output + n * gradient.vector] as number) * (x[input + n * from.vector] as number);
            (reference[at] as number) += product;
            (magnitude[at] as number) += Math.abs(product);
          }
        }
      }
    }
  }
  return { reference, magnitude };
}
