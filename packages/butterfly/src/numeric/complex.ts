import { requireFloats } from "../errors/argument-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { type FloatArray, floatTypeOf } from "./float-array.ts";

/**
 * Complex numbers by parts: the real and the imaginary parts of as many numbers, in arrays of their
 * own. All of the real code then computes with either part.
 */
export interface Complex<V extends FloatArray = Float32Array> {
  readonly re: V;
  readonly im: V;
}

/** Whether numbers are given by parts, rather than as an array of real ones or as nothing of the kind. */
export function isComplex<V extends FloatArray>(values: unknown): values is Complex<V> {
  return typeof values === "object" && values !== null && "re" in values;
}

/**
 * @throws PapilioError `ARRAY_TYPE`, `ARRAY_DETACHED`; `COMPLEX_PARTS` unless there is an imaginary part
 *   for each real one, in the same precision
 */
export function requireParts(complex: Complex<FloatArray>): void {
  const { re, im } = complex ?? {};
  requireFloats("The real part", re);
  requireFloats("The imaginary part", im);
  if (re.length === im.length && floatTypeOf(re) === floatTypeOf(im)) return;
  throw new PapilioError(
    "COMPLEX_PARTS",
    `There are ${re.length} real parts in ${floatTypeOf(re)} and ${im.length} imaginary ones in ${floatTypeOf(im)}.`,
    "Pass two arrays of the same class and length.",
  );
}

/** `left + sign · right`, by element, in an array like `left`. */
export function addScaled<V extends FloatArray>(left: V, sign: number, right: FloatArray): V {
  return left.map((value, index) => value + sign * (right[index] as number)) as V;
}
