import type { Pattern } from "@papilio/butterfly";
import { requirePacking } from "./checks.ts";
import type { KroneckerSparseVariant } from "./variant.ts";
import { vectorLayout } from "./vector-layout.ts";

/**
 * Rearranges values from canonical `[a, b, c, d]` to the order in which a variant reads them, once,
 * at load. Outputs that only pad a tile get zeros.
 */
export function packKroneckerSparse(
  pattern: Pattern,
  values: Float32Array,
  variant: KroneckerSparseVariant,
): Float32Array {
  requirePacking(pattern, values, variant);
  const { b, c, blocks } = pattern;
  if (variant.kind === "workgroup") {
    return packed(pattern, values, blocks * c * b, (block, j, l) => (block * c + l) * b + j);
  }
  if (variant.kind === "vector") {
    const { length, place } = vectorLayout(pattern, variant);
    return packed(pattern, values, length, place);
  }
  const { tile, vector } = variant;
  switch (variant.lanes) {
    case "batch": {
      const tiles = Math.ceil(b / tile);
      return packed(pattern, values, blocks * tiles * c * tile, (block, j, l) => {
        const outputTile = Math.floor(j / tile);
        return ((block * tiles + outputTile) * c + l) * tile + (j % tile);
      });
    }
    case "outputs": {
      const padded = Math.ceil(b / vector) * vector;
      return packed(
        pattern,
        values,
        blocks * c * padded,
        (block, j, l) => (block * c + l) * padded + j,
      );
    }
    case "blocks":
      return packed(pattern, values, blocks * c * b, (block, j, l) => (j * c + l) * blocks + block);
  }
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
