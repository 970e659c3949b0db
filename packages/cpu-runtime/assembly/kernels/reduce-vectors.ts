import { LARGEST, MEAN } from "../kernel-options";
import { lanesWithin, largestLane, sumOfLanes } from "../lanes";
import { tileWidth, vectorInTiles } from "../layout";
import { largerOf } from "../vector-math";

/** One vector for each sequence, as `src/kernels/reduce-vectors.ts` says. */
@unmanaged
export class ReduceVectorsCall {
  x: usize;
  y: usize;
  /** For each sequence how many of its vectors count; 0 without. */
  lengths: usize;
  sequences: i32;
  period: i32;
  features: i32;
  reduction: i32;
  /** Features that are an item; four sums of each are kept in scratch memory. */
  strip: i32;
}

/** An item is a strip of a sequence. */
export function reduceVectors(call: ReduceVectorsCall, item: i32, scratch: usize): void {
  const strips = (call.features + call.strip - 1) / call.strip;
  const sequence = item / strips;
  const first = (item % strips) * call.strip;
  const count = min(call.strip, call.features - first);
  const takes =
    call.lengths === 0 ? call.period : load<i32>(call.lengths + ((<usize>sequence) << 2));
  const largest = call.reduction === LARGEST;
  const nothing = f32x4.splat(largest ? -Infinity : 0);
  const sums = scratch;
  const endOfSums = sums + ((<usize>count) << 4);
  for (let at = sums; at < endOfSums; at += 16) v128.store(at, nothing);

  const vectors = call.sequences * call.period;
  const width = tileWidth(vectors);
  const start = sequence * call.period;
  const end = start + takes;
  for (let tile = start / width; tile * width < end; tile++) {
    if (width === 16 && tile * 16 >= start && tile * 16 + 16 <= end) {
      const x = vectorInTiles(call.x, tile * 16, call.features, 16) + ((<usize>first) << 6);
      if (largest) takeLargestOfTile(x, sums, endOfSums);
      else addTile(x, sums, endOfSums);
      continue;
    }
    for (let lane = 0; lane < width; lane += 4) {
      const vector = tile * width + lane;
      if (vector + 4 <= start || vector >= end) continue;
      const x = vectorInTiles(call.x, vector, call.features, width);
      const lanes = lanesWithin(start - vector, end - vector);
      addLanes(
        x + ((<usize>(first * width)) << 2),
        (<usize>width) << 2,
        lanes,
        largest,
        sums,
        endOfSums,
      );
    }
  }

  const widthY = tileWidth(call.sequences);
  let y = vectorInTiles(call.y, sequence, call.features, widthY) + ((<usize>(first * widthY)) << 2);
  for (let at = sums; at < endOfSums; at += 16) {
    let result: f32 = 0;
    if (takes > 0) {
      result = largest ? largestLane(v128.load(at)) : sumOfLanes(v128.load(at));
      if (call.reduction === MEAN) result /= <f32>takes;
    }
    store<f32>(y, result);
    y += (<usize>widthY) << 2;
  }
}

/** Takes all 16 vectors of a tile into the sums. */
function addTile(x: usize, sums: usize, endOfSums: usize): void {
  for (let at = sums; at < endOfSums; at += 16, x += 64) {
    const left = f32x4.add(v128.load(x), v128.load(x, 16));
    const right = f32x4.add(v128.load(x, 32), v128.load(x, 48));
    v128.store(at, f32x4.add(v128.load(at), f32x4.add(left, right)));
  }
}

function takeLargestOfTile(x: usize, sums: usize, endOfSums: usize): void {
  for (let at = sums; at < endOfSums; at += 16, x += 64) {
    const left = largerOf(v128.load(x), v128.load(x, 16));
    const right = largerOf(v128.load(x, 32), v128.load(x, 48));
    v128.store(at, largerOf(v128.load(at), largerOf(left, right)));
  }
}

/** Takes four vectors into the sums, those of `lanes`. A single vector is one lane, which has no others beside it. */
function addLanes(
  x: usize,
  step: usize,
  lanes: v128,
  largest: bool,
  sums: usize,
  endOfSums: usize,
): void {
  const least = f32x4.splat(-Infinity);
  for (let at = sums; at < endOfSums; at += 16, x += step) {
    const numbers = step === 4 ? v128.load32_zero(x) : v128.load(x);
    const sum = v128.load(at);
    const next = largest
      ? largerOf(sum, v128.bitselect(numbers, least, lanes))
      : f32x4.add(sum, v128.and(numbers, lanes));
    v128.store(at, next);
  }
}
