import type { Pattern, StorageDtype } from "@papilio/butterfly";
import type { Sharing } from "@papilio/butterfly/matrix";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";

/** WGSL type of `width` elements as stored. */
export function storedType(dtype: StorageDtype, width: number): string {
  return width === 1 ? dtype : `vec${width}<${dtype}>`;
}

/** WGSL type of `width` elements in arithmetic, which is in float32 whatever the storage. */
export function wideType(width: number): string {
  return storedType("f32", width);
}

/** WGSL that narrows `width` elements to the stored type. */
export function narrowed(dtype: StorageDtype, width: number, value: string): string {
  return FLOAT_FORMATS[dtype].bytes === 4 ? value : `${storedType(dtype, width)}(${value})`;
}

/** The WGSL extensions that storage in `dtype` needs. */
export function enabledBy(dtype: StorageDtype): readonly "f16"[] {
  return dtype === "f16" ? ["f16"] : [];
}

/** Elements that one load can take when every load starts at a multiple of `contiguous`. */
export function loadWidth(contiguous: number): 1 | 2 | 4 {
  if (contiguous % 4 === 0) return 4;
  return contiguous % 2 === 0 ? 2 : 1;
}

/** WGSL for `index * factor`; a factor of one is left out so that generated code stays readable. */
export function times(index: string, factor: number): string {
  return factor === 1 ? index : `(${index}) * ${factor}u`;
}

/** WGSL for an index clamped into `[0, count)`; `fits` says that it always is. */
export function clamped(index: string, count: number, fits: boolean): string {
  return fits ? index : `min(${index}, ${count - 1}u)`;
}

/** `[0, 1, ..., count - 1]`. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/**
 * WGSL for a loop bound that a driver's compiler cannot see through: `group.z`, the workgroup's index
 * along an axis that is never dispatched over, is 0. Lavapipe (Mesa 25) otherwise unrolls loops of up
 * to 32 turns whatever their size: seconds to compile, and slower code, because the branches around
 * each of its per-lane loads outgrow the branch predictor.
 */
export function opaque(count: number): string {
  return `${count}u + group.z`;
}

/**
 * WGSL for the number of a block among those whose weights are stored, given its place in `a` and in
 * `d`: what is shared has a single one.
 */
export function storedBlock(
  { d }: Pattern,
  sharing: Sharing | undefined,
  place: { readonly block: string; readonly i: string; readonly k: string },
): string {
  if (!sharing?.a && !sharing?.d) return place.block;
  if (sharing.a) return sharing.d ? "0u" : place.k;
  return sharing.d || d === 1 ? place.i : place.block;
}
