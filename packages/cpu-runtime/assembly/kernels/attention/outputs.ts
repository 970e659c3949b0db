/**
 * The products of weights and values, for up to 16 queries side by side in `registers` registers of four
 * lanes: sums of two features for four registers, of more features for fewer. Where the features do not
 * divide, the last one is computed more than once.
 */

import { multiplyAdd } from "../../vector-math";
import { countOf, RUN_BYTES, Run } from "./runs";

/**
 * `sums[e, query] = keep[query] · sums[e, query] + sum over keys of values[e, key] · weights[key, query]`, of the
 * keys in some runs.
 *
 * @param values what the runs are of, features of which are `step` bytes apart
 * @param weights `[keys, 4 · registers]`
 * @param sums `[features + 7, 4 · registers]`: up to seven rows more than there are features are written
 */
export function weighValues(
  values: usize,
  step: usize,
  runs: usize,
  features: i32,
  weights: usize,
  registers: i32,
  keep: usize,
  sums: usize,
): void {
  const last = values + <usize>(features - 1) * step;
  if (registers === 4) {
    for (let e = values; e <= last; e += 2 * step) {
      weighTwo(runs, e, min(e + step, last), weights, keep, sums);
      sums += 128;
    }
  } else if (registers === 3) {
    for (let e = values; e <= last; e += 3 * step) {
      weighThree(runs, e, min(e + step, last), min(e + 2 * step, last), weights, keep, sums);
      sums += 144;
    }
  } else if (registers === 2) {
    for (let e = values; e <= last; e += 4 * step) {
      weighFour(
        runs,
        e,
        min(e + step, last),
        min(e + 2 * step, last),
        min(e + 3 * step, last),
        weights,
        keep,
        sums,
      );
      sums += 128;
    }
  } else {
    for (let e = values; e <= last; e += 8 * step) {
      const e1 = min(e + step, last);
      const e2 = min(e + 2 * step, last);
      const e3 = min(e + 3 * step, last);
      const e4 = min(e + 4 * step, last);
      const e5 = min(e + 5 * step, last);
      const e6 = min(e + 6 * step, last);
      const e7 = min(e + 7 * step, last);
      weighEight(runs, e, e1, e2, e3, e4, e5, e6, e7, weights, keep, sums);
      sums += 128;
    }
  }
}

/** Of two features for 4 registers of queries. */
function weighTwo(
  runs: usize,
  e0: usize,
  e1: usize,
  weights: usize,
  keep: usize,
  sums: usize,
): void {
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
  for (let count = countOf(runs); count > 0; count = countOf(runs)) {
    const offset = changetype<Run>(runs).offset;
    let v0 = e0 + offset;
    let v1 = e1 + offset;
    for (let key = 0; key < count; key++) {
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
    runs += RUN_BYTES;
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
  runs: usize,
  e0: usize,
  e1: usize,
  e2: usize,
  weights: usize,
  keep: usize,
  sums: usize,
): void {
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
  for (let count = countOf(runs); count > 0; count = countOf(runs)) {
    const offset = changetype<Run>(runs).offset;
    let v0 = e0 + offset;
    let v1 = e1 + offset;
    let v2 = e2 + offset;
    for (let key = 0; key < count; key++) {
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
    runs += RUN_BYTES;
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
  runs: usize,
  e0: usize,
  e1: usize,
  e2: usize,
  e3: usize,
  weights: usize,
  keep: usize,
  sums: usize,
): void {
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
  for (let count = countOf(runs); count > 0; count = countOf(runs)) {
    const offset = changetype<Run>(runs).offset;
    let v0 = e0 + offset;
    let v1 = e1 + offset;
    let v2 = e2 + offset;
    let v3 = e3 + offset;
    for (let key = 0; key < count; key++) {
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
    runs += RUN_BYTES;
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
  runs: usize,
  e0: usize,
  e1: usize,
  e2: usize,
  e3: usize,
  e4: usize,
  e5: usize,
  e6: usize,
  e7: usize,
  weights: usize,
  keep: usize,
  sums: usize,
): void {
  const keep0 = v128.load(keep);
  let a0 = f32x4.mul(v128.load(sums), keep0);
  let b0 = f32x4.mul(v128.load(sums, 16), keep0);
  let c0 = f32x4.mul(v128.load(sums, 32), keep0);
  let d0 = f32x4.mul(v128.load(sums, 48), keep0);
  let g0 = f32x4.mul(v128.load(sums, 64), keep0);
  let h0 = f32x4.mul(v128.load(sums, 80), keep0);
  let i0 = f32x4.mul(v128.load(sums, 96), keep0);
  let j0 = f32x4.mul(v128.load(sums, 112), keep0);
  for (let count = countOf(runs); count > 0; count = countOf(runs)) {
    const offset = changetype<Run>(runs).offset;
    let v0 = e0 + offset;
    let v1 = e1 + offset;
    let v2 = e2 + offset;
    let v3 = e3 + offset;
    let v4 = e4 + offset;
    let v5 = e5 + offset;
    let v6 = e6 + offset;
    let v7 = e7 + offset;
    for (let key = 0; key < count; key++) {
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
    runs += RUN_BYTES;
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
