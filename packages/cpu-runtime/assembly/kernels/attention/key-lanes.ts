/** The products of attention for few queries, one by one: SIMD is along the keys, 16 of which are a tile. */
import { TILE_BYTES } from "../../program";
import { exp2, multiplyAdd } from "../../vector-math";

/**
 * Scores of the keys of two tiles.
 *
 * @param query `[features, 4]`, of which the first lanes count
 * @param scores `[32]`
 */
export function scorePair(k0: usize, k1: usize, features: i32, query: usize, scores: usize): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  for (let e = 0; e < features; e++) {
    const q = v128.load32_splat(query);
    a0 = multiplyAdd(q, v128.load(k0), a0);
    a1 = multiplyAdd(q, v128.load(k0, 16), a1);
    a2 = multiplyAdd(q, v128.load(k0, 32), a2);
    a3 = multiplyAdd(q, v128.load(k0, 48), a3);
    b0 = multiplyAdd(q, v128.load(k1), b0);
    b1 = multiplyAdd(q, v128.load(k1, 16), b1);
    b2 = multiplyAdd(q, v128.load(k1, 32), b2);
    b3 = multiplyAdd(q, v128.load(k1, 48), b3);
    query += 16;
    k0 += TILE_BYTES;
    k1 += TILE_BYTES;
  }
  v128.store(scores, a0);
  v128.store(scores, a1, 16);
  v128.store(scores, a2, 32);
  v128.store(scores, a3, 48);
  v128.store(scores, b0, 64);
  v128.store(scores, b1, 80);
  v128.store(scores, b2, 96);
  v128.store(scores, b3, 112);
}

/**
 * Turns scores in units of log 2 into weights relative to the largest of them.
 *
 * @param result where that score goes, and after it the sum of the weights
 */
export function weighAll(scores: usize, end: i32, result: usize): void {
  const padded = (end + 3) & ~3;
  for (let key = end; key < padded; key++) store<f32>(scores + ((<usize>key) << 2), -Infinity);
  const stop = scores + ((<usize>padded) << 2);
  // The least float32, so that no difference from it is NaN; and NaN is no larger score, but its weight is NaN.
  let most = f32x4.splat(-f32.MAX_VALUE);
  for (let at = scores; at < stop; at += 16) most = f32x4.pmax(most, v128.load(at));
  most = f32x4.pmax(most, i32x4.shuffle(most, most, 2, 3, 0, 1));
  most = f32x4.pmax(most, i32x4.shuffle(most, most, 1, 0, 3, 2));
  let totals = f32x4.splat(0);
  for (let at = scores; at < stop; at += 16) {
    const weights = exp2(f32x4.sub(v128.load(at), most));
    totals = f32x4.add(totals, weights);
    v128.store(at, weights);
  }
  v128.store32_lane(result, most, 0);
  store<f32>(result, sumOfLanes(totals), 4);
}

/**
 * Adds the values of two tiles, weighed, to sums in four lanes.
 *
 * @param weights `[32]`
 * @param sums `[features, 4]`
 */
export function weighPair(v0: usize, v1: usize, features: i32, weights: usize, sums: usize): void {
  const w0 = v128.load(weights);
  const w1 = v128.load(weights, 16);
  const w2 = v128.load(weights, 32);
  const w3 = v128.load(weights, 48);
  const w4 = v128.load(weights, 64);
  const w5 = v128.load(weights, 80);
  const w6 = v128.load(weights, 96);
  const w7 = v128.load(weights, 112);
  for (let e = 0; e < features; e++) {
    let a = multiplyAdd(w0, v128.load(v0), v128.load(sums));
    let b = f32x4.mul(w4, v128.load(v1));
    a = multiplyAdd(w1, v128.load(v0, 16), a);
    b = multiplyAdd(w5, v128.load(v1, 16), b);
    a = multiplyAdd(w2, v128.load(v0, 32), a);
    b = multiplyAdd(w6, v128.load(v1, 32), b);
    a = multiplyAdd(w3, v128.load(v0, 48), a);
    b = multiplyAdd(w7, v128.load(v1, 48), b);
    v128.store(sums, f32x4.add(a, b));
    v0 += TILE_BYTES;
    v1 += TILE_BYTES;
    sums += 16;
  }
}

/** Those of the first `count` keys of a tile: what is beyond them may be NaN, and counts as 0. */
export function weighSome(v: usize, count: i32, features: i32, weights: usize, sums: usize): void {
  const lanes = i32x4(0, 1, 2, 3);
  for (let lane = 0; lane < count; lane += 4) {
    const some = i32x4.gt_s(i32x4.splat(count - lane), lanes);
    const weight = v128.load(weights);
    let from = v;
    let to = sums;
    for (let e = 0; e < features; e++) {
      const value = v128.and(v128.load(from), some);
      v128.store(to, multiplyAdd(weight, value, v128.load(to)));
      from += TILE_BYTES;
      to += 16;
    }
    v += 16;
    weights += 16;
  }
}

/** Adds up four lanes. */
export function sumOfLanes(lanes: v128): f32 {
  const pairs = f32x4.add(lanes, i32x4.shuffle(lanes, lanes, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}
