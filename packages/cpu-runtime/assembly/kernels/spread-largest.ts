import { lanesWithin } from "../lanes";
import { tileWidth, vectorInTiles } from "../layout";
import { isLarger } from "../vector-math";
import { lengthOf, SpreadVectorsCall } from "./spread-vectors";

/** Features that are an item, as `src/kernels/spread-vectors.ts` divides them. */
const STRIP: i32 = 512;

/** In place of a vector of a sequence. */
const NONE: i32 = -1;

/** For each feature, the largest of four lanes, and where in the sequence each of them is. */
const BYTES: usize = 32;

/**
 * The gradient of the largest vector of each sequence: to the first that is it, or the first that is NaN, and zeros to
 * the others. An item is a strip of a sequence.
 */
export function spreadLargest(call: SpreadVectorsCall, item: i32, scratch: usize): void {
  const features = call.features;
  const strips = (features + STRIP - 1) / STRIP;
  const sequence = item / strips;
  const first = (item % strips) * STRIP;
  const count = min(STRIP, features - first);
  const endOfScratch = scratch + <usize>count * BYTES;
  for (let at = scratch; at < endOfScratch; at += BYTES) v128.store(at, i32x4.splat(NONE), 16);

  const width = tileWidth(call.sequences * call.period);
  const start = sequence * call.period;
  const end = start + lengthOf(call, sequence);
  for (let vector = start & ~3; vector < end; vector += 4) {
    const x = vectorInTiles(call.x, vector, features, width) + ((<usize>(first * width)) << 2);
    const lanes = lanesWithin(start - vector, end - vector);
    takeLargest(x, (<usize>width) << 2, lanes, vector - start, scratch, endOfScratch);
  }

  const widthY = tileWidth(call.sequences);
  let dy = vectorInTiles(call.dy, sequence, features, widthY) + ((<usize>(first * widthY)) << 2);
  for (let at = scratch; at < endOfScratch; at += BYTES, dy += (<usize>widthY) << 2) {
    const chosen = firstOfLanes(at);
    v128.store(at, v128.load32_splat(dy));
    v128.store(at, i32x4.splat(chosen), 16);
  }

  const endOfSequence = start + call.period;
  for (let vector = start & ~3; vector < endOfSequence; vector += 4) {
    const place = (<usize>(first * width)) << 2;
    const dx = vectorInTiles(call.dx, vector, features, width) + place;
    const firstLane = max(0, start - vector);
    const lanes = min(4, endOfSequence - vector);
    give(dx, (<usize>width) << 2, firstLane, lanes, vector - start, scratch, endOfScratch);
  }
}

function placesFrom(index: i32): v128 {
  return i32x4.add(i32x4.splat(index), i32x4(0, 1, 2, 3));
}

/** Takes four vectors, from a place of the sequence on; a single vector has no others beside it. */
function takeLargest(
  x: usize,
  step: usize,
  lanes: v128,
  index: i32,
  scratch: usize,
  endOfScratch: usize,
): void {
  const places = placesFrom(index);
  for (let at = scratch; at < endOfScratch; at += BYTES, x += step) {
    const numbers = step === 4 ? v128.load32_zero(x) : v128.load(x);
    const largest = v128.load(at);
    const chosen = v128.load(at, 16);
    const isFirst = i32x4.eq(chosen, i32x4.splat(NONE));
    const takes = v128.and(lanes, v128.or(isFirst, isLarger(numbers, largest)));
    v128.store(at, v128.bitselect(numbers, largest, takes));
    v128.store(at, v128.bitselect(places, chosen, takes), 16);
  }
}

/** The first place of the largest of four lanes. */
function firstOfLanes(at: usize): i32 {
  let chosen = NONE;
  let largest: f32 = 0;
  for (let lane: usize = 0; lane < 16; lane += 4) {
    const place = load<i32>(at + lane, 16);
    const number = load<f32>(at + lane);
    if (place === NONE) continue;
    const wasNumber = largest <= Infinity;
    const isSame = wasNumber ? number === largest : !(number <= Infinity);
    const isLarger = wasNumber && !(number <= largest);
    if (chosen !== NONE && !isLarger && !(isSame && place < chosen)) continue;
    chosen = place;
    largest = number;
  }
  return chosen;
}

/** Writes the lanes of four vectors that are of the sequence. */
function give(
  dx: usize,
  step: usize,
  first: i32,
  end: i32,
  index: i32,
  scratch: usize,
  endOfScratch: usize,
): void {
  const places = placesFrom(index);
  for (let at = scratch; at < endOfScratch; at += BYTES, dx += step) {
    const isChosen = i32x4.eq(places, v128.load(at, 16));
    const numbers = v128.and(v128.load(at), isChosen);
    if (first === 0 && end === 4) {
      v128.store(dx, numbers);
      continue;
    }
    if (first <= 0) v128.store32_lane(dx, numbers, 0);
    if (first <= 1 && end > 1) v128.store32_lane(dx + 4, numbers, 1);
    if (first <= 2 && end > 2) v128.store32_lane(dx + 8, numbers, 2);
    if (first <= 3 && end > 3) v128.store32_lane(dx + 12, numbers, 3);
  }
}
