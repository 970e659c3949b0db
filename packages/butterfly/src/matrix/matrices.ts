import type { FloatArray } from "../numeric/float-array.ts";
import type { Butterfly } from "./butterfly.ts";
import type { ButterflyProduct, RealProduct, RealTransform } from "./butterfly-product.ts";
import type { ComplexButterfly } from "./complex-butterfly.ts";
import type { ComplexKroneckerSparse } from "./complex-kronecker-sparse.ts";
import type { KroneckerSparse } from "./kronecker-sparse.ts";
import type { AnyButterfly, PermutedButterfly } from "./permuted-butterfly.ts";

/** A matrix of real values: a factor, a product of factors, or one between permutations. */
export type RealMatrix<V extends FloatArray = Float32Array> =
  | KroneckerSparse<V>
  | Butterfly<V>
  | PermutedButterfly<Butterfly<V>>;

/** A matrix of complex values: a factor, a product of factors, or one between permutations. */
export type ComplexMatrix<V extends FloatArray = Float32Array> =
  | ComplexKroneckerSparse<V>
  | ComplexButterfly<V>
  | PermutedButterfly<ComplexButterfly<V>>;

/** A matrix of which it is not known whether its values are real. */
export type AnyMatrix<V extends FloatArray = FloatArray> =
  | RealMatrix<V>
  | ComplexMatrix<V>
  | PermutedButterfly<Butterfly<V> | ComplexButterfly<V>>;

/** Whether it is a product of several butterflies. */
export function isProduct(matrix: object): matrix is ButterflyProduct<FloatArray, AnyButterfly> {
  return "stages" in matrix && "placement" in matrix;
}

/** Whether the stages of a product are real butterflies. */
export function isRealProduct(
  product: ButterflyProduct<FloatArray, AnyButterfly>,
): product is RealProduct<FloatArray> {
  return !("conjugate" in (product.stages[0] as PermutedButterfly<AnyButterfly>).matrix);
}

/** Whether it is the real part of a product of several butterflies. */
export function isRealTransform(matrix: object): matrix is RealTransform<FloatArray> {
  if (!("product" in matrix)) return false;
  const { product } = matrix;
  return typeof product === "object" && product !== null && isProduct(product);
}
