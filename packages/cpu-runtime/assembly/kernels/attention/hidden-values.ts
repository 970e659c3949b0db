/** Values of keys that some of the queries see: those that do not must not have NaN of 0 times infinity. */

import { TiledVectors } from "../../tiled-vectors";
import { multiplyAdd } from "../../vector-math";
import { Seen } from "./online-softmax";

/** Whether all values of the keys `first` to `end - 1` are finite. */
export function allFinite(values: TiledVectors, first: i32, end: i32, features: i32): bool {
  const step = values.step;
  let sums = f32x4.splat(0);
  while (first < end) {
    const next = min(end, values.endOfTile(first));
    let from = values.at(first);
    for (let e = 0; e < features; e++) {
      let key = first;
      let at = from;
      for (; key + 4 <= next; key += 4) {
        sums = multiplyAdd(v128.load(at), f32x4.splat(0), sums);
        at += 16;
      }
      for (; key < next; key++) {
        sums = multiplyAdd(v128.load32_splat(at), f32x4.splat(0), sums);
        at += 4;
      }
      from += step;
    }
    first = next;
  }
  // 0 times infinity and 0 times NaN are NaN.
  return i32x4.all_true(f32x4.eq(sums, sums));
}

/** What `weighValues` does, for values that are not finite. */
export function weighSeenValues(
  values: TiledVectors,
  first: i32,
  end: i32,
  features: i32,
  weights: usize,
  registers: i32,
  seen: Seen,
  keep: usize,
  sums: usize,
): void {
  const rowBytes = (<usize>registers) << 4;
  for (let e = 0; e < features; e++) {
    for (let at: usize = 0; at < rowBytes; at += 16) {
      const start = v128.load(seen.firsts + at);
      const limit = v128.load(seen.limits + at);
      let sum = f32x4.mul(v128.load(sums + at), v128.load(keep + at));
      let weight = weights + at;
      for (let key = first; key < end; key++) {
        const value = v128.load32_splat(values.at(key) + <usize>e * values.step);
        const row = i32x4.splat(key);
        const counts = v128.and(i32x4.le_s(start, row), i32x4.gt_s(limit, row));
        sum = multiplyAdd(v128.and(value, counts), v128.load(weight), sum);
        weight += rowBytes;
      }
      v128.store(sums + at, sum);
    }
    sums += rowBytes;
  }
}

/** Makes the weights of the rows `first` to `end - 1` 0 in the lanes that do not see them. */
export function maskWeights(
  seen: Seen,
  weights: usize,
  first: i32,
  end: i32,
  registers: i32,
): void {
  const rowBytes = (<usize>registers) << 4;
  for (let at: usize = 0; at < rowBytes; at += 16) {
    const start = v128.load(seen.firsts + at);
    const limit = v128.load(seen.limits + at);
    let weight = weights + at;
    for (let key = first; key < end; key++) {
      const row = i32x4.splat(key);
      const counts = v128.and(i32x4.le_s(start, row), i32x4.gt_s(limit, row));
      v128.store(weight, v128.and(v128.load(weight), counts));
      weight += rowBytes;
    }
  }
}
