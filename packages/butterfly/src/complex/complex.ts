import { PapilioError } from "../errors.ts";
import { type FloatArray, floatTypeOf } from "../float-array.ts";

/**
 * Complex numbers by parts: the real and the imaginary parts of as many numbers, in arrays of their
 * own. All of the real code then computes with either part.
 */
export interface Complex<V extends FloatArray = Float32Array> {
  readonly re: V;
  readonly im: V;
}

/** @throws PapilioError `COMPLEX_PARTS` unless there is an imaginary part for each real one */
export function requireParts({ re, im }: Complex<FloatArray>): void {
  if (re.length === im.length) return;
  throw new PapilioError(
    "COMPLEX_PARTS",
    `There are ${re.length} real parts and ${im.length} imaginary ones.`,
    "Pass two arrays of the same length.",
  );
}

/** `left + sign · right`, by element, in an array like `left`. */
export function addScaled<V extends FloatArray>(left: V, sign: number, right: FloatArray): V {
  return left.map((value, index) => value + sign * (right[index] as number)) as V;
}

/** Numbers computed in float64, rounded to the precision of `like`. */
export function roundLike<X extends FloatArray>(
  { re, im }: Complex<Float64Array>,
  like: Complex<X>,
): Complex<X> {
  if (floatTypeOf(like.re) === "float64") return { re, im } as Complex<FloatArray> as Complex<X>;
  return {
    re: Float32Array.from(re) as FloatArray as X,
    im: Float32Array.from(im) as FloatArray as X,
  };
}
