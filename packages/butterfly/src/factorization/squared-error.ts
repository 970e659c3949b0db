import type { Butterfly } from "../butterfly-matrix.ts";
import { ComplexButterfly } from "../complex/complex-butterfly.ts";
import type { FloatArray } from "../float-array.ts";
import type { KroneckerSparse } from "../kronecker-sparse.ts";
import type { Parts } from "./parts.ts";

/**
 * The squared Frobenius norm of `A - B` on the support of the butterfly's product, computed in double
 * precision.
 *
 * @param values of `A` there, `[a, b, c, d]` for the product of the chain
 */
export function squaredError(
  values: Parts,
  matrix: Butterfly<FloatArray> | ComplexButterfly<FloatArray>,
): number {
  if (!(matrix instanceof ComplexButterfly)) {
    return squaredDistance(values.re, productOf(matrix.factors).values);
  }
  const { re, im } = matrix.factors
    .map((factor) => factor.convert("float64"))
    .reduce((left, right) => left.multiply(right));
  return (
    squaredDistance(values.re, re.values) + squaredDistance(values.im as FloatArray, im.values)
  );
}

function productOf(factors: readonly KroneckerSparse<FloatArray>[]): KroneckerSparse<Float64Array> {
  return factors
    .map((factor) => factor.convert("float64"))
    .reduce((left, right) => left.multiply(right));
}

function squaredDistance(a: FloatArray, b: FloatArray): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) {
    sum += ((a[index] as number) - (b[index] as number)) ** 2;
  }
  return sum;
}
