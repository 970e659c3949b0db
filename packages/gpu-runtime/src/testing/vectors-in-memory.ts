import {
  type BatchShape,
  type FloatArray,
  LAYOUTS,
  type Layout,
  type StorageDtype,
} from "@papilio/butterfly";
import { quantize, stridesOf, uniform } from "@papilio/butterfly/numeric";

/** All that a kernel can be generated for as far as memory is concerned. */
export const STORAGES: readonly { from: Layout; to: Layout; dtype: StorageDtype }[] = (
  ["f32", "f16"] as const
).flatMap((dtype) => LAYOUTS.flatMap((from) => LAYOUTS.map((to) => ({ from, to, dtype }))));

/** Random numbers in (-1, 1), as they are stored. */
export function draw(length: number, dtype: StorageDtype, seed = 7): Float32Array {
  return quantize(Float32Array.from({ length }, uniform(seed)), dtype);
}

/** Where feature `f` of vector `n` of a batch lies. */
export function locate(
  layout: Layout,
  batch: number,
  features: number,
  n: number,
  f: number,
): number {
  const { vector, feature } = stridesOf({ batch, layout }, features);
  return n * vector + f * feature;
}

/**
 * Vectors as they lie in memory: from one after the other, into a batch of more, the rest of which is
 * NaN.
 */
export function lay(values: FloatArray, features: number, shape: BatchShape): Float32Array {
  const { vector, feature } = stridesOf(shape, features);
  const memory = new Float32Array(shape.batch * features).fill(Number.NaN);
  values.forEach((value, index) => {
    memory[Math.floor(index / features) * vector + (index % features) * feature] = value;
  });
  return memory;
}

/** The first `count` vectors one after the other, and whether the rest is as {@link lay} leaves it. */
export function lift(
  memory: FloatArray,
  features: number,
  count: number,
  shape: BatchShape,
): { readonly vectors: Float32Array; readonly restIsNaN: boolean } {
  const { vector, feature } = stridesOf(shape, features);
  const all = Float32Array.from(
    { length: shape.batch * features },
    (_, index) =>
      memory[Math.floor(index / features) * vector + (index % features) * feature] as number,
  );
  return {
    vectors: all.slice(0, count * features),
    restIsNaN: all.subarray(count * features).every(Number.isNaN),
  };
}
