/**
 * The products of queries and keys, for up to 16 queries side by side in `registers` registers of four lanes.
 * Eight or nine sums stay in registers, as in `../../products/wide-groups.ts`: those of two keys for four registers of queries,
 * of more keys for fewer. Where the keys of a tile do not divide, its last one is computed more than once.
 */

import { multiplyAdd } from "../../vector-math";
import { countOf, RUN_BYTES, Run } from "./runs";

/**
 * `scores[key, query] = sum over e of keys[e, key] · queries[e, query]` of the keys in some runs.
 *
 * @param keys what the runs are of, features of which are `step` bytes apart
 * @param queries `[features, 4 · registers]`
 * @param scores `[keys + 7, 4 · registers]`: up to seven rows more than there are keys are written
 */
export function scoreKeys(
  keys: usize,
  step: usize,
  runs: usize,
  features: i32,
  queries: usize,
  registers: i32,
  scores: usize,
): void {
  const row = (<usize>registers) << 4;
  for (let count = countOf(runs); count > 0; count = countOf(runs)) {
    const start = keys + changetype<Run>(runs).offset;
    const last = start + ((<usize>(count - 1)) << 2);
    let to = scores;
    if (registers === 4) {
      for (let key = start; key <= last; key += 8) {
        const k1 = min(key + 4, last);
        scoreTwo(features, queries, key, k1, step, to);
        to += 128;
      }
    } else if (registers === 3) {
      for (let key = start; key <= last; key += 12) {
        const k1 = min(key + 4, last);
        const k2 = min(key + 8, last);
        scoreThree(features, queries, key, k1, k2, step, to);
        to += 144;
      }
    } else if (registers === 2) {
      for (let key = start; key <= last; key += 16) {
        const k1 = min(key + 4, last);
        const k2 = min(key + 8, last);
        const k3 = min(key + 12, last);
        scoreFour(features, queries, key, k1, k2, k3, step, to);
        to += 128;
      }
    } else {
      for (let key = start; key <= last; key += 32) {
        const k1 = min(key + 4, last);
        const k2 = min(key + 8, last);
        const k3 = min(key + 12, last);
        const k4 = min(key + 16, last);
        const k5 = min(key + 20, last);
        const k6 = min(key + 24, last);
        const k7 = min(key + 28, last);
        scoreEight(features, queries, key, k1, k2, k3, k4, k5, k6, k7, step, to);
        to += 128;
      }
    }
    scores += <usize>count * row;
    runs += RUN_BYTES;
  }
}

/** Of two keys for 4 registers of queries. */
function scoreTwo(
  features: i32,
  queries: usize,
  k0: usize,
  k1: usize,
  step: usize,
  scores: usize,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  for (let e = 0; e < features; e++) {
    const q0 = v128.load(queries);
    const q1 = v128.load(queries, 16);
    const q2 = v128.load(queries, 32);
    const q3 = v128.load(queries, 48);
    let key = v128.load32_splat(k0);
    a0 = multiplyAdd(key, q0, a0);
    a1 = multiplyAdd(key, q1, a1);
    a2 = multiplyAdd(key, q2, a2);
    a3 = multiplyAdd(key, q3, a3);
    key = v128.load32_splat(k1);
    b0 = multiplyAdd(key, q0, b0);
    b1 = multiplyAdd(key, q1, b1);
    b2 = multiplyAdd(key, q2, b2);
    b3 = multiplyAdd(key, q3, b3);
    k0 += step;
    k1 += step;
    queries += 64;
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

/** Of three keys for 3 registers of queries. */
function scoreThree(
  features: i32,
  queries: usize,
  k0: usize,
  k1: usize,
  k2: usize,
  step: usize,
  scores: usize,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let c0 = a0;
  let c1 = a0;
  let c2 = a0;
  for (let e = 0; e < features; e++) {
    const q0 = v128.load(queries);
    const q1 = v128.load(queries, 16);
    const q2 = v128.load(queries, 32);
    let key = v128.load32_splat(k0);
    a0 = multiplyAdd(key, q0, a0);
    a1 = multiplyAdd(key, q1, a1);
    a2 = multiplyAdd(key, q2, a2);
    key = v128.load32_splat(k1);
    b0 = multiplyAdd(key, q0, b0);
    b1 = multiplyAdd(key, q1, b1);
    b2 = multiplyAdd(key, q2, b2);
    key = v128.load32_splat(k2);
    c0 = multiplyAdd(key, q0, c0);
    c1 = multiplyAdd(key, q1, c1);
    c2 = multiplyAdd(key, q2, c2);
    k0 += step;
    k1 += step;
    k2 += step;
    queries += 48;
  }
  v128.store(scores, a0);
  v128.store(scores, a1, 16);
  v128.store(scores, a2, 32);
  v128.store(scores, b0, 48);
  v128.store(scores, b1, 64);
  v128.store(scores, b2, 80);
  v128.store(scores, c0, 96);
  v128.store(scores, c1, 112);
  v128.store(scores, c2, 128);
}

/** Of four keys for 2 registers of queries. */
function scoreFour(
  features: i32,
  queries: usize,
  k0: usize,
  k1: usize,
  k2: usize,
  k3: usize,
  step: usize,
  scores: usize,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  for (let e = 0; e < features; e++) {
    const q0 = v128.load(queries);
    const q1 = v128.load(queries, 16);
    let key = v128.load32_splat(k0);
    a0 = multiplyAdd(key, q0, a0);
    a1 = multiplyAdd(key, q1, a1);
    key = v128.load32_splat(k1);
    b0 = multiplyAdd(key, q0, b0);
    b1 = multiplyAdd(key, q1, b1);
    key = v128.load32_splat(k2);
    c0 = multiplyAdd(key, q0, c0);
    c1 = multiplyAdd(key, q1, c1);
    key = v128.load32_splat(k3);
    d0 = multiplyAdd(key, q0, d0);
    d1 = multiplyAdd(key, q1, d1);
    k0 += step;
    k1 += step;
    k2 += step;
    k3 += step;
    queries += 32;
  }
  v128.store(scores, a0);
  v128.store(scores, a1, 16);
  v128.store(scores, b0, 32);
  v128.store(scores, b1, 48);
  v128.store(scores, c0, 64);
  v128.store(scores, c1, 80);
  v128.store(scores, d0, 96);
  v128.store(scores, d1, 112);
}

/** Of eight keys for 1 register of queries. */
function scoreEight(
  features: i32,
  queries: usize,
  k0: usize,
  k1: usize,
  k2: usize,
  k3: usize,
  k4: usize,
  k5: usize,
  k6: usize,
  k7: usize,
  step: usize,
  scores: usize,
): void {
  let a0 = f32x4.splat(0);
  let b0 = a0;
  let c0 = a0;
  let d0 = a0;
  let g0 = a0;
  let h0 = a0;
  let i0 = a0;
  let j0 = a0;
  for (let e = 0; e < features; e++) {
    const q0 = v128.load(queries);
    a0 = multiplyAdd(v128.load32_splat(k0), q0, a0);
    b0 = multiplyAdd(v128.load32_splat(k1), q0, b0);
    c0 = multiplyAdd(v128.load32_splat(k2), q0, c0);
    d0 = multiplyAdd(v128.load32_splat(k3), q0, d0);
    g0 = multiplyAdd(v128.load32_splat(k4), q0, g0);
    h0 = multiplyAdd(v128.load32_splat(k5), q0, h0);
    i0 = multiplyAdd(v128.load32_splat(k6), q0, i0);
    j0 = multiplyAdd(v128.load32_splat(k7), q0, j0);
    k0 += step;
    k1 += step;
    k2 += step;
    k3 += step;
    k4 += step;
    k5 += step;
    k6 += step;
    k7 += step;
    queries += 16;
  }
  v128.store(scores, a0);
  v128.store(scores, b0, 16);
  v128.store(scores, c0, 32);
  v128.store(scores, d0, 48);
  v128.store(scores, g0, 64);
  v128.store(scores, h0, 80);
  v128.store(scores, i0, 96);
  v128.store(scores, j0, 112);
}
