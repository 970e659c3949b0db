/**
 * Softmax over keys that come block by block (Milakov and Gimelshein, arXiv 1805.02867, algorithm 3), for
 * queries side by side in registers. Scores are in units of log 2.
 */

import { exp2 } from "../../vector-math";

/** Where the largest score starts: the least float32, so that no difference from it is NaN. */
const LOWEST: f32 = -f32.MAX_VALUE;

/** Which rows of a matrix each of 16 lanes sees: the keys of queries, or the queries of keys. */
@unmanaged
export class Seen {
  /** The first one, and the one after the last. */
  firsts: usize;
  limits: usize;
}

/** For each of 16 queries. */
@unmanaged
export class Softmax extends Seen {
  /** The largest score yet, and the sum of weights relative to it. */
  most: usize;
  total: usize;
  /** What sums of weighed values are to be multiplied by after a block, and after the last one. */
  keep: usize;

  /** @param memory of {@link SOFTMAX_BYTES} */
  set(memory: usize): void {
    this.limits = memory;
    this.most = memory + 64;
    this.total = memory + 128;
    this.keep = memory + 192;
    this.firsts = memory + 256;
  }
}

/** Five rows of 16 numbers. */
export const SOFTMAX_BYTES: usize = 320;

/**
 * Query i sees the keys before `first + step · i`, none of which is beyond `most`: begins with no key.
 */
export function beginSoftmax(softmax: Softmax, first: i32, step: i32, most: i32): void {
  for (let query = 0; query < 16; query++) {
    const at = (<usize>query) << 2;
    store<i32>(softmax.firsts + at, 0);
    store<i32>(softmax.limits + at, max(0, min(most, first + step * query)));
    store<f32>(softmax.most + at, LOWEST);
    store<f32>(softmax.total + at, 0);
  }
}

/** Makes scores of keys that a query does not see minus infinity; `first` is the key of the first row. */
export function hideKeys(
  softmax: Softmax,
  scores: usize,
  first: i32,
  end: i32,
  registers: i32,
): void {
  const row = (<usize>registers) << 4;
  for (let at: usize = 0; at < row; at += 16) {
    const limits = v128.load(softmax.limits + at);
    let score = scores + at;
    for (let key = first; key < end; key++) {
      const seen = i32x4.gt_s(limits, i32x4.splat(key));
      v128.store(score, v128.bitselect(v128.load(score), f32x4.splat(-Infinity), seen));
      score += row;
    }
  }
}

/** Turns the scores of a block of `count` keys into weights relative to the largest score yet. */
export function weighScores(softmax: Softmax, scores: usize, count: i32, registers: i32): void {
  const row = (<usize>registers) << 4;
  const end = <usize>count * row;
  for (let at: usize = 0; at < row; at += 16) {
    const before = v128.load(softmax.most + at);
    // NaN is no larger score, but its weight is NaN.
    let most = before;
    for (let each = scores + at; each < scores + end; each += row) {
      most = f32x4.pmax(most, v128.load(each));
    }
    let total = f32x4.splat(0);
    for (let each = scores + at; each < scores + end; each += row) {
      const weight = exp2(f32x4.sub(v128.load(each), most));
      total = f32x4.add(total, weight);
      v128.store(each, weight);
    }
    const keep = exp2(f32x4.sub(before, most));
    v128.store(softmax.most + at, most);
    v128.store(softmax.keep + at, keep);
    v128.store(
      softmax.total + at,
      f32x4.add(f32x4.mul(v128.load(softmax.total + at), keep), total),
    );
  }
}

/**
 * Leaves in `keep` what the sums of weighed values are to be multiplied by in the end: 0 where no key is
 * seen. Where all scores are minus infinity, whose softmax is NaN, sums and total are 0, and the result is NaN.
 */
export function endSoftmax(softmax: Softmax): void {
  for (let at: usize = 0; at < 64; at += 16) {
    const seen = i32x4.gt_s(v128.load(softmax.limits + at), i32x4.splat(0));
    const share = f32x4.div(f32x4.splat(1), v128.load(softmax.total + at));
    v128.store(softmax.keep + at, v128.and(share, seen));
  }
}
