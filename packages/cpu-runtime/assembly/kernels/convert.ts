import { gather4 } from "../lanes";
import { tileCount, tilesOfItem, tileWidth } from "../layout";

/** Features of a tile that are an item: 64 KiB of a full tile, some microseconds. */
const STRIP: i32 = 1024;
/** Features that are brought to all lanes of a tile before the next ones: 8 KiB, which stay in the first cache. */
const BLOCK: i32 = 64;

/** Vectors in rows, `[vectors, features]`, and the same vectors in tiles. */
@unmanaged
export class ConvertCall {
  rows: usize;
  tiles: usize;
  vectors: i32;
  features: i32;
}

/** An item is {@link STRIP} features of a tile, or several tiles of fewer; strips of a tile follow one another. */
export function tilesFromRows(call: ConvertCall, item: i32, _scratch: usize): void {
  const strips = (call.features + STRIP - 1) / STRIP;
  const first = (item % strips) * STRIP;
  const end = min(first + STRIP, call.features);
  const tilesEach = tilesOfItem(call.features, STRIP);
  const firstTile = (item / strips) * tilesEach;
  const endTile = min(firstTile + tilesEach, tileCount(call.vectors));
  for (let tile = firstTile; tile < endTile; tile++) {
    for (let feature = first; feature < end; feature += BLOCK) {
      blockFromRows(call, tile, feature, min(BLOCK, end - feature));
    }
  }
}

function blockFromRows(call: ConvertCall, tile: i32, first: i32, count: i32): void {
  const width = tileWidth(call.vectors);
  const row = (<usize>call.features) << 2;
  const step = (<usize>width) << 2;
  const start = call.rows + ((<usize>first) << 2);
  let target = call.tiles + (<usize>tile * <usize>call.features + <usize>first) * step;
  if (width === 1) {
    memory.copy(target, start, (<usize>count) << 2);
    return;
  }
  const last = call.vectors - 1;
  for (let lane = 0; lane < width; lane += 4) {
    const v = tile * width + lane;
    // Lanes beyond the last vector repeat it: reading beyond it would read what is not there.
    const p = start + <usize>min(v, last) * row;
    const q = start + <usize>min(v + 1, last) * row;
    const r = start + <usize>min(v + 2, last) * row;
    const s = start + <usize>min(v + 3, last) * row;
    interleave(p, q, r, s, target, step, count);
    target += 16;
  }
}

/**
 * Numbers of four rows, which come to lie side by side.
 *
 * @param step bytes from the first four to the next four
 */
export function interleave(
  p: usize,
  q: usize,
  r: usize,
  s: usize,
  to: usize,
  step: usize,
  count: i32,
): void {
  let left = count;
  for (; left >= 4; left -= 4) {
    const a = v128.load(p);
    const b = v128.load(q);
    const c = v128.load(r);
    const d = v128.load(s);
    const abLow = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const abHigh = i32x4.shuffle(a, b, 2, 6, 3, 7);
    const cdLow = i32x4.shuffle(c, d, 0, 4, 1, 5);
    const cdHigh = i32x4.shuffle(c, d, 2, 6, 3, 7);
    v128.store(to, i64x2.shuffle(abLow, cdLow, 0, 2));
    v128.store(to + step, i64x2.shuffle(abLow, cdLow, 1, 3));
    v128.store(to + 2 * step, i64x2.shuffle(abHigh, cdHigh, 0, 2));
    v128.store(to + 3 * step, i64x2.shuffle(abHigh, cdHigh, 1, 3));
    p += 16;
    q += 16;
    r += 16;
    s += 16;
    to += 4 * step;
  }
  for (; left > 0; left--) {
    v128.store(to, gather4(p, q, r, s));
    p += 4;
    q += 4;
    r += 4;
    s += 4;
    to += step;
  }
}

/** The same the other way. */
export function rowsFromTiles(call: ConvertCall, item: i32, _scratch: usize): void {
  const strips = (call.features + STRIP - 1) / STRIP;
  const first = (item % strips) * STRIP;
  const end = min(first + STRIP, call.features);
  const tilesEach = tilesOfItem(call.features, STRIP);
  const firstTile = (item / strips) * tilesEach;
  const endTile = min(firstTile + tilesEach, tileCount(call.vectors));
  for (let tile = firstTile; tile < endTile; tile++) {
    for (let feature = first; feature < end; feature += BLOCK) {
      blockFromTiles(call, tile, feature, min(BLOCK, end - feature));
    }
  }
}

function blockFromTiles(call: ConvertCall, tile: i32, first: i32, count: i32): void {
  const vectors = call.vectors;
  const width = tileWidth(vectors);
  const row = (<usize>call.features) << 2;
  const step = (<usize>width) << 2;
  const start = call.rows + ((<usize>first) << 2);
  const source = call.tiles + (<usize>tile * <usize>call.features + <usize>first) * step;
  if (width === 1) {
    memory.copy(start, source, (<usize>count) << 2);
    return;
  }
  for (let lane = 0; lane < width; lane += 4) {
    const v = tile * width + lane;
    if (v >= vectors) return;
    separate(source + ((<usize>lane) << 2), step, start + <usize>v * row, row, vectors - v, count);
  }
}

/** What {@link interleave} brought together, of four rows or of the last ones. */
function separate(from: usize, step: usize, to: usize, row: usize, rows: i32, count: i32): void {
  let left = count;
  for (; left >= 4 && rows >= 4; left -= 4) {
    const a = v128.load(from);
    const b = v128.load(from + step);
    const c = v128.load(from + 2 * step);
    const d = v128.load(from + 3 * step);
    const abLow = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const abHigh = i32x4.shuffle(a, b, 2, 6, 3, 7);
    const cdLow = i32x4.shuffle(c, d, 0, 4, 1, 5);
    const cdHigh = i32x4.shuffle(c, d, 2, 6, 3, 7);
    v128.store(to, i64x2.shuffle(abLow, cdLow, 0, 2));
    v128.store(to + row, i64x2.shuffle(abLow, cdLow, 1, 3));
    v128.store(to + 2 * row, i64x2.shuffle(abHigh, cdHigh, 0, 2));
    v128.store(to + 3 * row, i64x2.shuffle(abHigh, cdHigh, 1, 3));
    from += 4 * step;
    to += 16;
  }
  for (; left > 0; left--) {
    const numbers = v128.load(from);
    v128.store32_lane(to, numbers, 0);
    if (rows > 1) v128.store32_lane(to + row, numbers, 1);
    if (rows > 2) v128.store32_lane(to + 2 * row, numbers, 2);
    if (rows > 3) v128.store32_lane(to + 3 * row, numbers, 3);
    from += step;
    to += 4;
  }
}
