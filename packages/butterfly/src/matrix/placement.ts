import type { Complex } from "../numeric/complex.ts";
import { type FloatArray, zerosLike } from "../numeric/float-array.ts";
import { type BatchShape, stridesOf } from "../numeric/layout.ts";

/** Where vectors lie in the longer ones that the stages multiply. */
export interface Placement {
  /** For each input, its position among the inputs of the right-most stage; the others are zero. */
  readonly input?: Uint32Array | undefined;
  /** For each output, its position among the outputs of the left-most stage; the others are left. */
  readonly output?: Uint32Array | undefined;
}

/** Complex vectors with their features in their places among `features`, zeros elsewhere: themselves without. */
export function placeFeatures<X extends FloatArray>(
  x: Complex<X>,
  positions: Uint32Array | undefined,
  features: number,
  shape: BatchShape,
): Complex<X> {
  if (positions === undefined) return x;
  const [from, to] = [stridesOf(shape, positions.length), stridesOf(shape, features)];
  const place = (part: X): X => {
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
  return { re: place(x.re), im: place(x.im) };
}

/** Puts the features at some positions among `features` into vectors that have these alone. */
export function pickFeatures(
  y: Complex<FloatArray>,
  positions: Uint32Array,
  features: number,
  shape: BatchShape,
  into: Complex<FloatArray>,
): void {
  const [from, to] = [stridesOf(shape, features), stridesOf(shape, positions.length)];
  for (const part of ["re", "im"] as const) {
    positions.forEach((position, f) => {
      for (let n = 0; n < shape.batch; n++) {
        into[part][f * to.feature + n * to.vector] = y[part][
          position * from.feature + n * from.vector
        ] as number;
      }
    });
  }
}
