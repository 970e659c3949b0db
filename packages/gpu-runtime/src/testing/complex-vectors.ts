import type {
  BatchShape,
  Complex,
  ComplexButterfly,
  KroneckerSparse,
  PermutedButterfly,
} from "@papilio/butterfly";
import { permuteFeatures, referenceProduct } from "@papilio/butterfly/matrix";
import { uniform } from "@papilio/butterfly/numeric";

/** Random complex numbers. */
export function drawComplex(length: number, seed: number): Complex {
  const next = uniform(seed);
  return { re: Float32Array.from({ length }, next), im: Float32Array.from({ length }, next) };
}

/** `|Re| p + |Im| q` and `|Re| q + |Im| p`, factor by factor: what bounds of either part are made of. */
export function magnitudeOf(
  { matrix, left, right }: PermutedButterfly<ComplexButterfly>,
  x: Complex,
  shape: BatchShape,
): Complex<Float64Array> {
  const absolute = (part: KroneckerSparse): KroneckerSparse<Float64Array> =>
    part.convert("float64").map((values) => values.map(Math.abs));
  const permuted = (map: Uint32Array | undefined, values: Float64Array): Float64Array =>
    map === undefined ? values : permuteFeatures(map, values, shape);
  const start = {
    re: permuted(right, Float64Array.from(x.re, Math.abs)),
    im: permuted(right, Float64Array.from(x.im, Math.abs)),
  };
  const { re, im } = matrix.factors.reduceRight((between, factor) => {
    const [p, q] = [absolute(factor.re), absolute(factor.im)];
    const sum = (a: Float64Array, b: Float64Array): Float64Array =>
      a.map((value, index) => value + (b[index] as number));
    return {
      re: sum(referenceProduct(p, between.re, shape), referenceProduct(q, between.im, shape)),
      im: sum(referenceProduct(p, between.im, shape), referenceProduct(q, between.re, shape)),
    };
  }, start);
  return { re: permuted(left, re), im: permuted(left, im) };
}
