import { requireFloats } from "../errors/argument-checks.ts";
import { type ButterflyProduct, RealTransform } from "../matrix/butterfly-product.ts";
import { type Complex, isComplex, requireParts } from "../numeric/complex.ts";
import { type FloatArray, zeros } from "../numeric/float-array.ts";

/** Real numbers, or complex ones by parts. */
export type Values = FloatArray | Complex<FloatArray>;

/** A transform of real vectors for real values, of complex ones for complex values. */
export type TransformOf<V extends Values> = V extends FloatArray ? RealTransform : ButterflyProduct;

/** @throws PapilioError `ARRAY_TYPE`, `COMPLEX_PARTS` */
export function complexOf(values: Values): Complex<FloatArray> {
  if (isComplex(values)) {
    requireParts(values);
    return values;
  }
  requireFloats("What a matrix is made of", values);
  return { re: values, im: zeros("float64", values.length) };
}

/** The real part of a product, for real numbers, or the product. */
export function wrap<V extends Values>(values: V, product: ButterflyProduct): TransformOf<V> {
  return (isComplex(values) ? product : new RealTransform(product)) as TransformOf<V>;
}
