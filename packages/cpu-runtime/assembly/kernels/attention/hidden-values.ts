/** Values of keys that some of the queries see: those that do not must not have NaN of 0 times infinity. */

import { TiledVectors } from "../../tiled-vectors";
import { multiplyAdd } from "../../vector-math";
import { Softmax } from "./online-softmax";

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
  softmax: Softmax,
  sums: usize,
): void {
  const row = (<usize>registers) << 4;
  for (let e = 0; e < features; e++) {
    for (let at: usize = 0; at < row; at += 16) {
      const limit = v128.load(softmax.limits + at);
      let sum = f32x4.mul(v128.load(sums + at), v128.load(softmax.keep + at));
      let weight = weights + at;
      for (let key = first; key < end; key++) {
        const value = v128.load32_splat(values.at(key) + <usize>e * values.step);
        const seen = v128.and(value, i32x4.gt_s(limit, i32x4.splat(key)));
        sum = multiplyAdd(seen, v128.load(weight), sum);
        weight += row;
      }
      v128.store(sums + at, sum);
    }
    sums += row;
  }
}
