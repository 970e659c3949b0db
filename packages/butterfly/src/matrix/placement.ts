import type { Complex } from "../numeric/complex.ts";
import { isComplex } from "../numeric/complex.ts";
import { type FloatArray, zerosLike } from "../numeric/float-array.ts";
import { type BatchShape, stridesOf } from "../numeric/layout.ts";

/** Where vectors lie in the longer ones that the stages multiply. */
export interface Placement {
  /** For each input, its position among the inputs of the right-most stage; the others are zero. */
  readonly input?: Uint32Array | undefined;
  /** For each output, its position among the outputs of the left-most stage; the others are left. */
  readonly output?: Uint32Array | undefined;
}

/** Real or complex vectors. */
export type Vectors = FloatArray | Complex<FloatArray>;

/** Vectors with their features in their places among `features`, zeros elsewhere: themselves without. */
export function placeFeatures<X extends Vectors>(
  x: X,
  positions: Uint32Array | undefined,
  features: number,
  shape: BatchShape,
): X {
  if (positions === undefined) return x;
  const [from, to] = [stridesOf(shape, positions.length), stridesOf(shape, features)];
  const place = <P extends FloatArray>(part: P): P => {
    const placed = zerosLike(part, features * shape.batch);
    positions.forEach((position, f) => {
      for (let n = 0; n < shape.batch; n++) {
        placed[position * to.feature + n * to.vector] = part[
          f * from.feature + n * from.vector
        ] as number;
      }
    });
    return placed;
  };
  return (
    isComplex<FloatArray>(x) ? { re: place(x.re), im: place(x.im) } : place(x as FloatArray)
  ) as X;
}

/** Puts the features at some positions among `features` into vectors that have these alone. */
export function pickFeatures(
  y: Vectors,
  positions: Uint32Array,
  features: number,
  shape: BatchShape,
  into: Vectors,
): void {
  const [from, to] = [stridesOf(shape, features), stridesOf(shape, positions.length)];
  const [sources, targets] = [partsOf(y), partsOf(into)];
  for (const [index, source] of sources.entries()) {
    const target = targets[index] as FloatArray;
    positions.forEach((position, f) => {
      for (let n = 0; n < shape.batch; n++) {
        target[f * to.feature + n * to.vector] = source[
          position * from.feature + n * from.vector
        ] as number;
      }
    });
  }
}

/** The arrays of vectors: one, or real and imaginary parts. */
export function partsOf(vectors: Vectors): readonly FloatArray[] {
  return isComplex<FloatArray>(vectors) ? [vectors.re, vectors.im] : [vectors];
}
