/**
 * The inner loops: a few outputs of one block, for the 16 vectors of a tile. Sums stay in registers,
 * eight of them where there are two outputs: a multiply-add takes four cycles and two begin in each, so
 * that with fewer the sums would wait for themselves, and with more the 16 registers of x86-64 would not
 * do. Loops are not unrolled by hand, which V8 makes slower code of.
 */

import { multiplyAdd, multiplySubtract } from "./vector-math";

function store(y: usize, sum0: v128, sum1: v128, sum2: v128, sum3: v128): void {
  v128.store(y, sum0);
  v128.store(y, sum1, 16);
  v128.store(y, sum2, 32);
  v128.store(y, sum3, 48);
}

/**
 * Two outputs.
 *
 * @param values `[c, 2]`
 * @param x the first of `c` rows that lie `xRow` bytes apart
 * @param y the first of two rows that lie `yRow` bytes apart
 */
export function twoOutputs(
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
): void {
  // The first products start the sums: blocks are as small as 2 x 2.
  let x0 = v128.load(x);
  let x1 = v128.load(x, 16);
  let x2 = v128.load(x, 32);
  let x3 = v128.load(x, 48);
  let weight = v128.load32_splat(values);
  let p0 = f32x4.mul(weight, x0);
  let p1 = f32x4.mul(weight, x1);
  let p2 = f32x4.mul(weight, x2);
  let p3 = f32x4.mul(weight, x3);
  weight = v128.load32_splat(values, 4);
  let q0 = f32x4.mul(weight, x0);
  let q1 = f32x4.mul(weight, x1);
  let q2 = f32x4.mul(weight, x2);
  let q3 = f32x4.mul(weight, x3);
  for (let l = 1; l < c; l++) {
    x += xRow;
    values += 8;
    x0 = v128.load(x);
    x1 = v128.load(x, 16);
    x2 = v128.load(x, 32);
    x3 = v128.load(x, 48);
    weight = v128.load32_splat(values);
    p0 = multiplyAdd(weight, x0, p0);
    p1 = multiplyAdd(weight, x1, p1);
    p2 = multiplyAdd(weight, x2, p2);
    p3 = multiplyAdd(weight, x3, p3);
    weight = v128.load32_splat(values, 4);
    q0 = multiplyAdd(weight, x0, q0);
    q1 = multiplyAdd(weight, x1, q1);
    q2 = multiplyAdd(weight, x2, q2);
    q3 = multiplyAdd(weight, x3, q3);
  }
  store(y, p0, p1, p2, p3);
  store(y + yRow, q0, q1, q2, q3);
}

/** One output, the last of an odd number. `values` is `[c]`. */
export function oneOutput(c: i32, values: usize, x: usize, xRow: usize, y: usize): void {
  // The sum of nothing, which even a first product of -0 leaves as it is.
  let p0 = f32x4.splat(-0.0);
  let p1 = p0;
  let p2 = p0;
  let p3 = p0;
  for (let l = 0; l < c; l++) {
    const weight = v128.load32_splat(values);
    p0 = multiplyAdd(weight, v128.load(x), p0);
    p1 = multiplyAdd(weight, v128.load(x, 16), p1);
    p2 = multiplyAdd(weight, v128.load(x, 32), p2);
    p3 = multiplyAdd(weight, v128.load(x, 48), p3);
    x += xRow;
    values += 4;
  }
  store(y, p0, p1, p2, p3);
}

/**
 * Eight outputs for one vector. The lanes are two rows at two inputs, as they are packed; what the first
 * two hold in the end is added to what the others do.
 *
 * @param values `[4, c, 2]`
 * @param x the first of `c` numbers that lie `xRow` bytes apart
 * @param y the first of eight numbers that lie `yRow` bytes apart
 */
export function eightSums(
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
): void {
  const rows = <usize>(8 * c);
  let values1 = values + rows;
  let values2 = values1 + rows;
  let values3 = values2 + rows;
  let sum0 = f32x4.splat(-0.0);
  let sum1 = sum0;
  let sum2 = sum0;
  let sum3 = sum0;
  for (let l = 1; l < c; l += 2) {
    const pair = i32x4.shuffle(v128.load32_splat(x), v128.load32_splat(x + xRow), 0, 1, 4, 5);
    sum0 = multiplyAdd(v128.load(values), pair, sum0);
    sum1 = multiplyAdd(v128.load(values1), pair, sum1);
    sum2 = multiplyAdd(v128.load(values2), pair, sum2);
    sum3 = multiplyAdd(v128.load(values3), pair, sum3);
    x += 2 * xRow;
    values += 16;
    values1 += 16;
    values2 += 16;
    values3 += 16;
  }
  if ((c & 1) !== 0) {
    // Nothing in the lanes without weights, where 0 times infinity would be added.
    const last = i64x2.shuffle(v128.load32_splat(x), f32x4.splat(0), 0, 2);
    sum0 = multiplyAdd(v128.load64_zero(values), last, sum0);
    sum1 = multiplyAdd(v128.load64_zero(values1), last, sum1);
    sum2 = multiplyAdd(v128.load64_zero(values2), last, sum2);
    sum3 = multiplyAdd(v128.load64_zero(values3), last, sum3);
  }
  storeSums(sum0, y, yRow);
  storeSums(sum1, y + 2 * yRow, yRow);
  storeSums(sum2, y + 4 * yRow, yRow);
  storeSums(sum3, y + 6 * yRow, yRow);
}

/** Two outputs, each in two lanes. */
function storeSums(sums: v128, y: usize, yRow: usize): void {
  const both = f32x4.add(sums, i64x2.shuffle(sums, sums, 1, 0));
  v128.store32_lane(y, both, 0);
  v128.store32_lane(y + yRow, both, 1);
}

/**
 * One complex output.
 *
 * @param values `[c, 2]`: real and imaginary part
 * @param xPart from the real to the imaginary part of an input
 */
export function complexOutput(
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  xPart: usize,
  y: usize,
  yPart: usize,
): void {
  let re0 = f32x4.splat(-0.0);
  let re1 = re0;
  let re2 = re0;
  let re3 = re0;
  let im0 = re0;
  let im1 = re0;
  let im2 = re0;
  let im3 = re0;
  for (let l = 0; l < c; l++) {
    const re = v128.load32_splat(values);
    const im = v128.load32_splat(values, 4);
    let x0 = v128.load(x);
    let x1 = v128.load(x, 16);
    let x2 = v128.load(x, 32);
    let x3 = v128.load(x, 48);
    re0 = multiplyAdd(re, x0, re0);
    re1 = multiplyAdd(re, x1, re1);
    re2 = multiplyAdd(re, x2, re2);
    re3 = multiplyAdd(re, x3, re3);
    im0 = multiplyAdd(im, x0, im0);
    im1 = multiplyAdd(im, x1, im1);
    im2 = multiplyAdd(im, x2, im2);
    im3 = multiplyAdd(im, x3, im3);
    const imaginary = x + xPart;
    x0 = v128.load(imaginary);
    x1 = v128.load(imaginary, 16);
    x2 = v128.load(imaginary, 32);
    x3 = v128.load(imaginary, 48);
    re0 = multiplySubtract(im, x0, re0);
    re1 = multiplySubtract(im, x1, re1);
    re2 = multiplySubtract(im, x2, re2);
    re3 = multiplySubtract(im, x3, re3);
    im0 = multiplyAdd(re, x0, im0);
    im1 = multiplyAdd(re, x1, im1);
    im2 = multiplyAdd(re, x2, im2);
    im3 = multiplyAdd(re, x3, im3);
    x += xRow;
    values += 8;
  }
  store(y, re0, re1, re2, re3);
  store(y + yPart, im0, im1, im2, im3);
}
