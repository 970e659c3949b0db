import { requireOneOf, requireWhole } from "@papilio/butterfly/errors";
import { TILE } from "../wasm/constants.ts";
import type { Layout, Operand } from "./kernel-call.ts";

/**
 * Vectors side by side in a tile. Element (v, f) of V vectors of F features lies at
 * `4 * ((Math.floor(v / w) * F + f) * w + (v % w))` bytes, with this width w: 16 where there are more than 12
 * vectors; 1, 4, 8 or 12 where one tile holds all of them. What lies beyond the vectors in the last tile is
 * anything, NaN too: no output may depend on it. `tileWidth` of assembly/layout.ts is the other side.
 */
export function tileWidth(vectors: number): number {
  if (vectors > TILE - 4) return TILE;
  return vectors === 1 ? 1 : 4 * Math.ceil(vectors / 4);
}

/** Tiles that so many vectors take. */
export function tileCount(vectors: number): number {
  return Math.ceil(vectors / tileWidth(vectors));
}

/** Bytes of vectors in float32. Throws `OPTION_INVALID`. */
export function vectorsBytes(layout: Layout, vectors: number, features: number): number {
  requireOneOf("The layout", layout, ["rows", "tiles"]);
  requireWhole("The number of vectors", vectors, 1);
  requireWhole("The number of features", features, 1);
  const padded = layout === "rows" ? vectors : tileCount(vectors) * tileWidth(vectors);
  return 4 * padded * features;
}

export function operandBytes(operand: Operand): number {
  if (operand.layout === "plain") return operand.bytes;
  return vectorsBytes(operand.layout, operand.vectors, operand.features);
}

/** Numbers of a tile that are an item of operations that do little with each, as assembly/layout.ts divides them. */
const STRIP_NUMBERS = 8192;

/** Items of such an operation. */
export function stripItems(vectors: number, features: number): number {
  return itemsOf(vectors, features, Math.floor(STRIP_NUMBERS / tileWidth(vectors)));
}

/** Items that are a strip of the features of a tile, or several tiles where those are fewer. */
export function itemsOf(vectors: number, features: number, strip: number): number {
  const tilesEach = Math.max(1, Math.floor(strip / features));
  return Math.ceil(tileCount(vectors) / tilesEach) * Math.ceil(features / strip);
}

/** Where element (v, f) is among the numbers of tiles of a width. */
export function indexInTiles(v: number, f: number, features: number, width: number): number {
  return (Math.floor(v / width) * features + f) * width + (v % width);
}
