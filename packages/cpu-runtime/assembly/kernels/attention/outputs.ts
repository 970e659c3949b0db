/**
 * The products of weights and values, for up to 16 queries side by side in `registers` registers of four
 * lanes: sums of two features for four registers, of more features for fewer. Where the features do not
 * divide, the last one is computed more than once.
 */

import { TiledVectors } from "../../tiled-vectors";
import { multiplyAdd } from "../../vector-math";

/** Rows that {@link weighValues} may write beyond the last one. */
export const SPARE_SUMS: i32 = 7;

/**
 * `sums[e, query] = keep[query] · sums[e, query] + sum over keys of values[e, key] · weights[key, query]`, of the
 * keys `first` to `end - 1`.
 *
 * @param weights `[end - first, 4 · registers]`
 * @param sums `[features + SPARE_SUMS, 4 · registers]`
 */
export function weighValues(
  values: TiledVectors,
  first: i32,
  end: i32,
  features: i32,
  weights: usize,
  registers: i32,
  keep: usize,
  sums: usize,
): void {
  const last = features - 1;
  if (registers === 4) {
    for (let e = 0; e < features; e += 2) {
      weighTwo(values, first, end, e, min(e + 1, last), weights, keep, sums);
      sums += 128;
    }
  } else if (registers === 3) {
    for (let e = 0; e < features; e += 3) {
      weighThree(values, first, end, e, min(e + 1, last), min(e + 2, last), weights, keep, sums);
      sums += 144;
    }
  } else if (registers === 2) {
    for (let e = 0; e < features; e += 4) {
      weighFour(
        values,
        first,
        end,
        e,
        min(e + 1, last),
        min(e + 2, last),
        min(e + 3, last),
        weights,
        keep,
        sums,
      );
      sums += 128;
    }
  } else {
    for (let e = 0; e < features; e += 8) {
      weighEight(
        values,
        first,
        end,
        e,
        min(e + 1, last),
        min(e + 2, last),
        min(e + 3, last),
        min(e + 4, last),
        min(e + 5, last),
        min(e + 6, last),
        min(e + 7, last),
        weights,
        keep,
        sums,
      );
      sums += 128;
    }
  }
}

/** Of two features for 4 registers of queries. */
function weighTwo(
  values: TiledVectors,
  first: i32,
  end: i32,
  e0: i32,
  e1: i32,
  weights: usize,
  keep: usize,
  sums: usize,
): void {
  const step = values.step;
  const keep0 = v128.load(keep);
  const keep1 = v128.load(keep, 16);
  const keep2 = v128.load(keep, 32);
  const keep3 = v128.load(keep, 48);
  let a0 = f32x4.mul(v128.load(sums), keep0);
  let a1 = f32x4.mul(v128.load(sums, 16), keep1);
  let a2 = f32x4.mul(v128.load(sums, 32), keep2);
  let a3 = f32x4.mul(v128.load(sums, 48), keep3);
  let b0 = f32x4.mul(v128.load(sums, 64), keep0);
  let b1 = f32x4.mul(v128.load(sums, 80), keep1);
  let b2 = f32x4.mul(v128.load(sums, 96), keep2);
  let b3 = f32x4.mul(v128.load(sums, 112), keep3);
  while (first < end) {
    const start = values.at(first);
    const next = min(end, values.endOfTile(first));
    let v0 = start + <usize>e0 * step;
    let v1 = start + <usize>e1 * step;
    for (; first < next; first++) {
      const w0 = v128.load(weights);
      const w1 = v128.load(weights, 16);
      const w2 = v128.load(weights, 32);
      const w3 = v128.load(weights, 48);
      let value = v128.load32_splat(v0);
      a0 = multiplyAdd(value, w0, a0);
      a1 = multiplyAdd(value, w1, a1);
      a2 = multiplyAdd(value, w2, a2);
      a3 = multiplyAdd(value, w3, a3);
      value = v128.load32_splat(v1);
      b0 = multiplyAdd(value, w0, b0);
      b1 = multiplyAdd(value, w1, b1);
      b2 = multiplyAdd(value, w2, b2);
      b3 = multiplyAdd(value, w3, b3);
      v0 += 4;
      v1 += 4;
      weights += 64;
    }
  }
  v128.store(sums, a0);
  v128.store(sums, a1, 16);
  v128.store(sums, a2, 32);
  v128.store(sums, a3, 48);
  v128.store(sums, b0, 64);
  v128.store(sums, b1, 80);
  v128.store(sums, b2, 96);
  v128.store(sums, b3, 112);
}

/** Of three features for 3 registers of queries. */
function weighThree(
  values: TiledVectors,
  first: i32,
  end: i32,
  e0: i32,
  e1: i32,
  e2: i32,
  weights: usize,
  keep: usize,
  sums: usize,
): void {
  const step = values.step;
  const keep0 = v128.load(keep);
  const keep1 = v128.load(keep, 16);
  const keep2 = v128.load(keep, 32);
  let a0 = f32x4.mul(v128.load(sums), keep0);
  let a1 = f32x4.mul(v128.load(sums, 16), keep1);
  let a2 = f32x4.mul(v128.load(sums, 32), keep2);
  let b0 = f32x4.mul(v128.load(sums, 48), keep0);
  let b1 = f32x4.mul(v128.load(sums, 64), keep1);
  let b2 = f32x4.mul(v128.load(sums, 80), keep2);
  let c0 = f32x4.mul(v128.load(sums, 96), keep0);
  let c1 = f32x4.mul(v128.load(sums, 112), keep1);
  let c2 = f32x4.mul(v128.load(sums, 128), keep2);
  while (first < end) {
    const start = values.at(first);
    const next = min(end, values.endOfTile(first));
    let v0 = start + <usize>e0 * step;
    let v1 = start + <usize>e1 * step;
    let v2 = start + <usize>e2 * step;
    for (; first < next; first++) {
      const w0 = v128.load(weights);
      const w1 = v128.load(weights, 16);
      const w2 = v128.load(weights, 32);
      let value = v128.load32_splat(v0);
      a0 = multiplyAdd(value, w0, a0);
      a1 = multiplyAdd(value, w1, a1);
      a2 = multiplyAdd(value, w2, a2);
      value = v128.load32_splat(v1);
      b0 = multiplyAdd(value, w0, b0);
      b1 = multiplyAdd(value, w1, b1);
      b2 = multiplyAdd(value, w2, b2);
      value = v128.load32_splat(v2);
      c0 = multiplyAdd(value, w0, c0);
      c1 = multiplyAdd(value, w1, c1);
      c2 = multiplyAdd(value, w2, c2);
      v0 += 4;
      v1 += 4;
      v2 += 4;
      weights += 48;
    }
  }
  v128.store(sums, a0);
  v128.store(sums, a1, 16);
  v128.store(sums, a2, 32);
  v128.store(sums, b0, 48);
  v128.store(sums, b1, 64);
  v128.store(sums, b2, 80);
  v128.store(sums, c0, 96);
  v128.store(sums, c1, 112);
  v128.store(sums, c2, 128);
}

/** Of four features for 2 registers of queries. */
function weighFour(
  values: TiledVectors,
  first: i32,
  end: i32,
  e0: i32,
  e1: i32,
  e2: i32,
  e3: i32,
  weights: usize,
  keep: usize,
  sums: usize,
): void {
  const step = values.step;
  const keep0 = v128.load(keep);
  const keep1 = v128.load(keep, 16);
  let a0 = f32x4.mul(v128.load(sums), keep0);
  let a1 = f32x4.mul(v128.load(sums, 16), keep1);
  let b0 = f32x4.mul(v128.load(sums, 32), keep0);
  let b1 = f32x4.mul(v128.load(sums, 48), keep1);
  let c0 = f32x4.mul(v128.load(sums, 64), keep0);
  let c1 = f32x4.mul(v128.load(sums, 80), keep1);
  let d0 = f32x4.mul(v128.load(sums, 96), keep0);
  let d1 = f32x4.mul(v128.load(sums, 112), keep1);
  while (first < end) {
    const start = values.at(first);
    const next = min(end, values.endOfTile(first));
    let v0 = start + <usize>e0 * step;
    let v1 = start + <usize>e1 * step;
    let v2 = start + <usize>e2 * step;
    let v3 = start + <usize>e3 * step;
    for (; first < next; first++) {
      const w0 = v128.load(weights);
      const w1 = v128.load(weights, 16);
      let value = v128.load32_splat(v0);
      a0 = multiplyAdd(value, w0, a0);
      a1 = multiplyAdd(value, w1, a1);
      value = v128.load32_splat(v1);
      b0 = multiplyAdd(value, w0, b0);
      b1 = multiplyAdd(value, w1, b1);
      value = v128.load32_splat(v2);
      c0 = multiplyAdd(value, w0, c0);
      c1 = multiplyAdd(value, w1, c1);
      value = v128.load32_splat(v3);
      d0 = multiplyAdd(value, w0, d0);
      d1 = multiplyAdd(value, w1, d1);
      v0 += 4;
      v1 += 4;
      v2 += 4;
      v3 += 4;
      weights += 32;
    }
  }
  v128.store(sums, a0);
  v128.store(sums, a1, 16);
  v128.store(sums, b0, 32);
  v128.store(sums, b1, 48);
  v128.store(sums, c0, 64);
  v128.store(sums, c1, 80);
  v128.store(sums, d0, 96);
  v128.store(sums, d1, 112);
}

/** Of eight features for 1 register of queries. */
function weighEight(
  values: TiledVectors,
  first: i32,
  end: i32,
  e0: i32,
  e1: i32,
  e2: i32,
  e3: i32,
  e4: i32,
  e5: i32,
  e6: i32,
  e7: i32,
  weights: usize,
  keep: usize,
  sums: usize,
): void {
  const step = values.step;
  const keep0 = v128.load(keep);
  let a0 = f32x4.mul(v128.load(sums), keep0);
  let b0 = f32x4.mul(v128.load(sums, 16), keep0);
  let c0 = f32x4.mul(v128.load(sums, 32), keep0);
  let d0 = f32x4.mul(v128.load(sums, 48), keep0);
  let g0 = f32x4.mul(v128.load(sums, 64), keep0);
  let h0 = f32x4.mul(v128.load(sums, 80), keep0);
  let i0 = f32x4.mul(v128.load(sums, 96), keep0);
  let j0 = f32x4.mul(v128.load(sums, 112), keep0);
  while (first < end) {
    const start = values.at(first);
    const next = min(end, values.endOfTile(first));
    let v0 = start + <usize>e0 * step;
    let v1 = start + <usize>e1 * step;
    let v2 = start + <usize>e2 * step;
    let v3 = start + <usize>e3 * step;
    let v4 = start + <usize>e4 * step;
    let v5 = start + <usize>e5 * step;
    let v6 = start + <usize>e6 * step;
    let v7 = start + <usize>e7 * step;
    for (; first < next; first++) {
      const w0 = v128.load(weights);
      a0 = multiplyAdd(v128.load32_splat(v0), w0, a0);
      b0 = multiplyAdd(v128.load32_splat(v1), w0, b0);
      c0 = multiplyAdd(v128.load32_splat(v2), w0, c0);
      d0 = multiplyAdd(v128.load32_splat(v3), w0, d0);
      g0 = multiplyAdd(v128.load32_splat(v4), w0, g0);
      h0 = multiplyAdd(v128.load32_splat(v5), w0, h0);
      i0 = multiplyAdd(v128.load32_splat(v6), w0, i0);
      j0 = multiplyAdd(v128.load32_splat(v7), w0, j0);
      v0 += 4;
      v1 += 4;
      v2 += 4;
      v3 += 4;
      v4 += 4;
      v5 += 4;
      v6 += 4;
      v7 += 4;
      weights += 16;
    }
  }
  v128.store(sums, a0);
  v128.store(sums, b0, 16);
  v128.store(sums, c0, 32);
  v128.store(sums, d0, 48);
  v128.store(sums, g0, 64);
  v128.store(sums, h0, 80);
  v128.store(sums, i0, 96);
  v128.store(sums, j0, 112);
}
