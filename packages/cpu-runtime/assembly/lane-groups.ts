/**
 * Groups of four neighbouring vectors of a tile, which are computed with together; a single vector is a group of its
 * own. What works on both is written once for a type `T`: `v128` for four vectors, `f32` for one, whose number is in
 * the first lane and zeros in the others.
 */

import { tileCount, tileWidth } from "./layout";

/** Groups of a tile. */
export function groupsOfTile(vectors: i32): i32 {
  return max(1, tileWidth(vectors) >> 2);
}

/** Groups before those of an item, which are of so many tiles: those of the next item begin where its own end. */
export function groupsBefore(vectors: i32, item: i32, tilesEach: i32): i32 {
  return min(tileCount(vectors), item * tilesEach) * groupsOfTile(vectors);
}

/** Bytes from the start of the tiles to the first feature of a group; its others follow at {@link stepOfFeatures}. */
export function groupOffset(vectors: i32, features: i32, group: i32): usize {
  const groups = groupsOfTile(vectors);
  const tile = <usize>(group / groups) * <usize>features * stepOfFeatures(vectors);
  return tile + ((<usize>(group % groups)) << 4);
}

/** Bytes from a feature to the next. */
export function stepOfFeatures(vectors: i32): usize {
  return (<usize>tileWidth(vectors)) << 2;
}

export function loadGroup<T>(from: usize): v128 {
  if (sizeof<T>() === 4) return v128.load32_zero(from);
  return v128.load(from);
}

export function storeGroup<T>(to: usize, numbers: v128): void {
  if (sizeof<T>() === 4) v128.store32_lane(to, numbers, 0);
  else v128.store(to, numbers);
}
