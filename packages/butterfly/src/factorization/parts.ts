import { sumSquares } from "../linear-algebra/sum-squares.ts";
import { type Complex, isComplex } from "../numeric/complex.ts";
import type { FloatArray } from "../numeric/float-array.ts";

/** The values of a real matrix, without imaginary parts, or of a complex one. */
export interface Parts {
  readonly re: FloatArray;
  readonly im: FloatArray | undefined;
}

/** The same values where workers read them; a copy unless they are there. */
export function sharedParts({ re, im }: Parts): Parts {
  return { re: shared(re), im: im === undefined ? undefined : shared(im) };
}

function shared(values: FloatArray): FloatArray {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const buffer = new SharedArrayBuffer(values.byteLength);
  const copy = values.BYTES_PER_ELEMENT === 4 ? new Float32Array(buffer) : new Float64Array(buffer);
  copy.set(values);
  return copy;
}

export function partsOf(matrix: FloatArray | Complex<FloatArray>): Parts {
  return isComplex(matrix) ? matrix : { re: matrix, im: undefined };
}

export function mapParts({ re, im }: Parts, change: (part: FloatArray) => FloatArray): Parts {
  return { re: change(re), im: im === undefined ? undefined : change(im) };
}

/** The arrays of a matrix: its parts that there are. */
export function arraysOf({ re, im }: Parts): readonly FloatArray[] {
  return im === undefined ? [re] : [re, im];
}

export function toDense({ re, im }: Parts): FloatArray | Complex<FloatArray> {
  return im === undefined ? re : { re, im };
}

/** The squared Frobenius norm, of a matrix whose squares are in range. */
export function squaredNormOf({ re, im }: Parts): number {
  return sumSquares(re) + (im ? sumSquares(im) : 0);
}
