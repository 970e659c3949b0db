import type { AnyButterfly } from "../matrix/permuted-butterfly.ts";
import type { FloatArray } from "../numeric/float-array.ts";
import { splitAt } from "./hierarchical.ts";
import type { Parts } from "./parts.ts";
import type { Splitter } from "./splitter.ts";

/**
 * The squared Frobenius norm of `A - B` on the support of the butterfly's product, computed in double
 * precision: of the product of the left half of its factors by the right half.
 *
 * @param values of `A` there, `[a, b, c, d]` for the product of the chain, which is not transposed
 */
export async function squaredError(
  values: Parts,
  matrix: AnyButterfly,
  splitter: Pick<Splitter, "squaredDistance">,
): Promise<number> {
  const { chain } = matrix;
  const { length } = chain;
  const half = Math.ceil(length / 2);
  const left = runOf(matrix, 0, half);
  if (half === length) return squaredDistance(values, left);
  const factors = { left, right: runOf(matrix, half, length) };
  return await splitter.squaredDistance(values, splitAt(chain, 0, half, length), factors);
}

/** The product of some factors in double precision. */
function runOf(matrix: AnyButterfly, from: number, to: number): Parts {
  if ("conjugate" in matrix) {
    const run = matrix.factors.slice(from, to).map((factor) => factor.convert("float64"));
    const { re, im } = run.reduce((left, right) => left.matmul(right));
    return { re: re.values, im: im.values };
  }
  const run = matrix.factors.slice(from, to).map((factor) => factor.convert("float64"));
  return { re: run.reduce((left, right) => left.matmul(right)).values, im: undefined };
}

/** The squared Frobenius norm of `A - B`, both with an entry for each of the other. */
export function squaredDistance(a: Parts, b: Parts): number {
  return distance(a.re, b.re) + (a.im && b.im ? distance(a.im, b.im) : 0);
}

function distance(a: FloatArray, b: FloatArray): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) {
    sum += ((a[index] as number) - (b[index] as number)) ** 2;
  }
  return sum;
}
