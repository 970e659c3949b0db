import type { Pattern } from "@papilio/butterfly";
import { requirePacking } from "./checks.ts";
import { type KroneckerSparsePacking, packingOf, placesOf } from "./packing.ts";
import type { KroneckerSparseVariant } from "./variant.ts";

/**
 * Rearranges values from canonical `[a, b, c, d]` to the order in which a variant reads them, once,
 * at load. Outputs that only pad a tile get zeros.
 *
 * @param packing the order; the variant's own unless given
 */
export function packKroneckerSparse(
  pattern: Pattern,
  values: Float32Array,
  variant: KroneckerSparseVariant,
  packing?: KroneckerSparsePacking,
): Float32Array {
  requirePacking(pattern, values, variant);
  const { a, b, c, d } = pattern;
  const { length, place } = placesOf(pattern, packing ?? packingOf(pattern, variant));
  const result = new Float32Array(length);
  let read = 0;
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let l = 0; l < c; l++) {
        for (let k = 0; k < d; k++) result[place(i * d + k, j, l)] = values[read++] as number;
      }
    }
  }
  return result;
}
