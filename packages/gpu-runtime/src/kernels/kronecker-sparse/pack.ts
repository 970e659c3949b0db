import type { Pattern } from "@papilio/butterfly";
import { requirePacking } from "./checks.ts";
import { type KroneckerSparsePacking, packingOf } from "./packing.ts";
import type { KroneckerSparseVariant } from "./variant.ts";
import { vectorLayout } from "./vector-layout.ts";

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
  const { b, c, blocks } = pattern;
  const order = packing ?? packingOf(pattern, variant);
  if (order.order === "blocks") {
    return packed(pattern, values, blocks * c * b, (block, j, l) => (j * c + l) * blocks + block);
  }
  if (order.order === "vector") {
    const { length, place } = vectorLayout(pattern, order.variant);
    return packed(pattern, values, length, place);
  }
  if (order.order === "padded") {
    const { outputs, inputs } = order;
    const length = blocks * inputs * outputs;
    return packed(pattern, values, length, (block, j, l) => (block * inputs + l) * outputs + j);
  }
  const { tile } = order;
  const tiles = Math.ceil(b / tile);
  return packed(pattern, values, blocks * tiles * c * tile, (block, j, l) => {
    const outputTile = Math.floor(j / tile);
    return ((block * tiles + outputTile) * c + l) * tile + (j % tile);
  });
}

function packed(
  { a, b, c, d }: Pattern,
  values: Float32Array,
  length: number,
  place: (block: number, j: number, l: number) => number,
): Float32Array {
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
