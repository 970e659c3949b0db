import { arrayTag, requireArray, requireFloats } from "../errors/argument-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { type FloatArray, indices, zerosLike } from "../numeric/float-array.ts";
import { type BatchShape, requireVectors, stridesOf } from "../numeric/layout.ts";

/*
 * A permutation is an index map: position p of the result is taken from position map[p] of the operand.
 */

/**
 * Permutes the features of a batch of vectors: feature `f` of the result is feature `map[f]`.
 *
 * @param x `[batch, map.length]` when batch-first, `[map.length, batch]` when batch-last
 * @returns a new array like `x`
 * @throws PapilioError `ARRAY_TYPE`, `BATCH_INVALID`, `LAYOUT_INVALID`, `INPUT_LENGTH`
 */
export function permuteFeatures<X extends FloatArray>(
  map: Uint32Array,
  x: X,
  shape: BatchShape,
): X {
  requireFloats("The input", x);
  const permuted = zerosLike(x, x.length);
  gatherFeatures(map, x, permuted, shape);
  return permuted;
}

/** Numbers, or the bits of numbers. */
type Elements = FloatArray | Uint16Array;

/**
 * {@link permuteFeatures} into an array of the caller's, of numbers or of their bits.
 *
 * @param y of the class and the length of `x`, whose memory it must not share
 * @throws PapilioError `ARRAY_TYPE`, `BATCH_INVALID`, `LAYOUT_INVALID`, `INPUT_LENGTH`, `OUTPUT_LENGTH`
 */
export function gatherFeatures<X extends Elements>(
  map: Uint32Array,
  x: X,
  y: X,
  shape: BatchShape,
): void {
  requireArray("The permutation", map, "Uint32Array");
  requireArray("The input", x, "Float32Array", "Float64Array", "Uint16Array");
  requireArray("The output", y, arrayTag(x) as "Float32Array");
  const { vector, feature } = stridesOf(shape, map.length);
  requireVectors("input", x.length, map.length, shape.batch);
  requireVectors("output", y.length, map.length, shape.batch);
  for (let f = 0; f < map.length; f++) {
    const from = (map[f] as number) * feature;
    for (let n = 0; n < shape.batch; n++) {
      y[f * feature + n * vector] = x[from + n * vector] as number;
    }
  }
}

/** Whether two maps are the same; undefined is the identity. */
export function isSamePermutation(
  left: Uint32Array | undefined,
  right: Uint32Array | undefined,
): boolean {
  const any = left ?? right;
  return any === undefined || any.every((_, p) => (left?.[p] ?? p) === (right?.[p] ?? p));
}

/**
 * The inverse permutation.
 *
 * @throws PapilioError `ARRAY_TYPE`; `PERMUTATION_INVALID` unless every index below the length occurs once
 */
export function invertPermutation(map: Uint32Array): Uint32Array {
  requireArray("The permutation", map, "Uint32Array");
  const inverse = indices(map.length);
  map.forEach((from, position) => {
    inverse[from] = position;
  });
  map.forEach((from, position) => {
    if (inverse[from] === position) return;
    throw new PapilioError(
      "PERMUTATION_INVALID",
      `The index ${from} at position ${position} of ${map.length} is out of range or occurs again.`,
      "Pass a map in which every index below its length occurs once.",
    );
  });
  return inverse;
}
