/**
 * Vectors in tiles: element (v, f) of V vectors of F features lies at
 * `address + ((v / w) * F + f) * w * 4 + (v % w) * 4`, with the width w of {@link tileWidth}. What lies beyond
 * the vectors in the last tile is anything, NaN too: no output may depend on it.
 */

import { TILE } from "./program";

/** Vectors side by side: 16 where there are more than 12; 1, 4, 8 or 12 where one tile holds all of them. */
export function tileWidth(vectors: i32): i32 {
  if (vectors > TILE - 4) return TILE;
  return vectors === 1 ? 1 : (vectors + 3) & ~3;
}

/** Tiles that so many vectors take. */
export function tileCount(vectors: i32): i32 {
  const width = tileWidth(vectors);
  return (vectors + width - 1) / width;
}

/** Tiles that are an item together, where the features of one are fewer than a strip. */
export function tilesOfItem(features: i32, strip: i32): i32 {
  return max(1, strip / features);
}

/** Numbers of a tile that are an item of operations that do little with each: some microseconds of work. */
const STRIP_NUMBERS: i32 = 8192;

/** Features of a tile that are an item of such an operation. */
export function stripOf(width: i32): i32 {
  return STRIP_NUMBERS / width;
}

/** Where the first feature of a vector is; the others follow, each `4 * width` bytes after the one before. */
export function vectorInTiles(tiles: usize, vector: i32, features: i32, width: i32): usize {
  const tile = <usize>(vector / width) * <usize>features * <usize>width;
  return tiles + ((tile + <usize>(vector % width)) << 2);
}
