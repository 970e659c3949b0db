import { withKernels } from "../linear-algebra/kernels.ts";
import { ComplexKroneckerSparse } from "../matrix/complex-kronecker-sparse.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import type { AnyButterfly } from "../matrix/permuted-butterfly.ts";
import type { FloatArray } from "../numeric/float-array.ts";
import type { Pattern } from "../pattern/pattern.ts";
import { splitAt } from "./hierarchical.ts";
import type { Parts } from "./parts.ts";
import { returnParts } from "./spare-buffers.ts";
import { multiplyAtOnce } from "./split-at-once.ts";
import type { Split } from "./split-task.ts";
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
  kernels?: Uint8Array,
): Promise<number> {
  const { chain } = matrix;
  const { length } = chain;
  const half = Math.ceil(length / 2);
  const left = withKernels(kernels, () => runOf(matrix, 0, half));
  if (half === length) return squaredDistance(values, left);
  const right = withKernels(kernels, () => runOf(matrix, half, length));
  const split = splitAt(chain, 0, half, length);
  const squared = await splitter.squaredDistance(values, split, { left, right });
  if (half > 1) returnParts(left);
  if (length - half > 1) returnParts(right);
  return squared;
}

/** The product of some factors, in double precision; of a single one its values as they are. */
function runOf(matrix: AnyButterfly, from: number, to: number): Parts {
  let product = valuesOf(matrix.factors[from] as AnyFactor);
  for (let next = from + 1; next < to; next++) {
    const split = splitAt(matrix.chain, from, next, next + 1);
    const factor = valuesOf(matrix.factors[next] as AnyFactor);
    const longer = multiplyAtOnce(product, factor, split) ?? multiply(product, factor, split);
    if (next > from + 1) returnParts(product);
    product = longer;
  }
  return product;
}

type AnyFactor = AnyButterfly["factors"][number];

function valuesOf(factor: AnyFactor): Parts {
  if (!("re" in factor)) return { re: factor.expand().values, im: undefined };
  return { re: factor.re.expand().values, im: factor.im.expand().values };
}

function multiply(left: Parts, right: Parts, split: Split): Parts {
  if (left.im === undefined || right.im === undefined) {
    const { values } = factorOf(split.left, left.re).matmul(factorOf(split.right, right.re));
    return { re: values, im: undefined };
  }
  const factor = (pattern: Pattern, { re, im }: Parts): ComplexKroneckerSparse<Float64Array> =>
    new ComplexKroneckerSparse(factorOf(pattern, re), factorOf(pattern, im as FloatArray));
  const { re, im } = factor(split.left, left).matmul(factor(split.right, right));
  return { re: re.values, im: im.values };
}

function factorOf(pattern: Pattern, values: FloatArray): KroneckerSparse<Float64Array> {
  return new KroneckerSparse(pattern, values).convert("float64");
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
