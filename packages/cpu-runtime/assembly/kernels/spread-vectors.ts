import { MEAN } from "../kernel-options";
import { gather4, storeLanes } from "../lanes";
import { stripOf, tileCount, tilesOfItem, tileWidth, vectorInTiles } from "../layout";

/** The gradient of one vector for each sequence, as `src/kernels/spread-vectors.ts` says. */
@unmanaged
export class SpreadVectorsCall {
  /** Of the vectors that sequences were brought together to. */
  dy: usize;
  dx: usize;
  /** What was brought together, where it was to the largest. */
  x: usize;
  /** For each sequence how many of its vectors count; 0 without. */
  lengths: usize;
  sequences: i32;
  period: i32;
  features: i32;
  reduction: i32;
}

/** An item is a strip of a tile of dx, or several tiles. */
export function spreadVectors(call: SpreadVectorsCall, item: i32, _scratch: usize): void {
  const features = call.features;
  const vectors = call.sequences * call.period;
  const width = tileWidth(vectors);
  const strip = stripOf(width);
  const strips = (features + strip - 1) / strip;
  const first = (item % strips) * strip;
  const count = min(strip, features - first);
  const tilesEach = tilesOfItem(features, strip);
  const firstTile = (item / strips) * tilesEach;
  const endTile = min(firstTile + tilesEach, tileCount(vectors));
  for (let vector = firstTile * width; vector < endTile * width; vector += 4) {
    spreadToLanes(call, vector, vectors, first, count);
  }
}

/** Vectors of a sequence that count. */
export function lengthOf(call: SpreadVectorsCall, sequence: i32): i32 {
  if (call.lengths === 0) return call.period;
  return load<i32>(call.lengths + ((<usize>sequence) << 2));
}

/** What a vector's part of its sequence is divided by; 0 where it does not count. */
function divisorOf(call: SpreadVectorsCall, vector: i32): f32 {
  const length = lengthOf(call, vector / call.period);
  if (vector % call.period >= length) return 0;
  return call.reduction === MEAN ? <f32>length : 1;
}

/** The last vector stands in for those that are not there. */
function spreadToLanes(
  call: SpreadVectorsCall,
  vector: i32,
  vectors: i32,
  first: i32,
  count: i32,
): void {
  const last = vectors - 1;
  const widthY = tileWidth(call.sequences);
  const stepY = (<usize>widthY) << 2;
  const width = tileWidth(vectors);
  const step = (<usize>width) << 2;
  const p = min(vector, last);
  const q = min(vector + 1, last);
  const r = min(vector + 2, last);
  const s = min(vector + 3, last);
  const skipped = <usize>first * stepY;
  let a = vectorInTiles(call.dy, p / call.period, call.features, widthY) + skipped;
  let b = vectorInTiles(call.dy, q / call.period, call.features, widthY) + skipped;
  let c = vectorInTiles(call.dy, r / call.period, call.features, widthY) + skipped;
  let d = vectorInTiles(call.dy, s / call.period, call.features, widthY) + skipped;
  const divisor = f32x4(
    divisorOf(call, p),
    divisorOf(call, q),
    divisorOf(call, r),
    divisorOf(call, s),
  );
  const counted = f32x4.ne(divisor, f32x4.splat(0));
  const same = a === b && a === c && a === d;
  let to = vectorInTiles(call.dx, vector, call.features, width) + <usize>first * step;
  for (let left = count; left > 0; left--) {
    const numbers = same ? v128.load32_splat(a) : gather4(a, b, c, d);
    storeLanes(to, v128.and(f32x4.div(numbers, divisor), counted), width);
    a += stepY;
    b += stepY;
    c += stepY;
    d += stepY;
    to += step;
  }
}
