/**
 * Sums in float64, two lanes at a time, for vectors side by side. `V` says for how many vectors by its size: i64
 * for four (two registers) and i32 for two. As in wide-groups.ts, eight sums at least keep both multiply-adds of
 * a core busy.
 */

/** Outputs that are computed and packed together; those of a block that are left over are packed one by one. */
export const DOUBLES: i32 = 4;

/** `sum + weight · x`, rounded once where the machine multiplies and adds in one instruction. */
function multiplyAdd(weight: v128, x: v128, sum: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD
    ? f64x2.relaxed_madd(weight, x, sum)
    : f64x2.add(sum, f64x2.mul(weight, x));
}

/** `sum - weight · x`. */
function multiplySubtract(weight: v128, x: v128, sum: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD
    ? f64x2.relaxed_nmadd(weight, x, sum)
    : f64x2.sub(sum, f64x2.mul(weight, x));
}

/**
 * Four outputs. `values` is `[c, 4]`.
 *
 * @param continues whether y has the sums of the inputs before
 */
export function fourDoubles<V>(
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
  continues: bool,
): void {
  const y1 = y + yRow;
  const y2 = y1 + yRow;
  const y3 = y2 + yRow;
  let p0 = f64x2.splat(-0.0);
  let p1 = p0;
  let q0 = p0;
  let q1 = p0;
  let r0 = p0;
  let r1 = p0;
  let s0 = p0;
  let s1 = p0;
  if (continues) {
    p0 = v128.load(y);
    q0 = v128.load(y1);
    r0 = v128.load(y2);
    s0 = v128.load(y3);
    if (sizeof<V>() === 8) {
      p1 = v128.load(y, 16);
      q1 = v128.load(y1, 16);
      r1 = v128.load(y2, 16);
      s1 = v128.load(y3, 16);
    }
  }
  for (let l = 0; l < c; l++) {
    const x0 = v128.load(x);
    const x1 = sizeof<V>() === 8 ? v128.load(x, 16) : x0;
    let weight = v128.load64_splat(values);
    p0 = multiplyAdd(weight, x0, p0);
    if (sizeof<V>() === 8) p1 = multiplyAdd(weight, x1, p1);
    weight = v128.load64_splat(values, 8);
    q0 = multiplyAdd(weight, x0, q0);
    if (sizeof<V>() === 8) q1 = multiplyAdd(weight, x1, q1);
    weight = v128.load64_splat(values, 16);
    r0 = multiplyAdd(weight, x0, r0);
    if (sizeof<V>() === 8) r1 = multiplyAdd(weight, x1, r1);
    weight = v128.load64_splat(values, 24);
    s0 = multiplyAdd(weight, x0, s0);
    if (sizeof<V>() === 8) s1 = multiplyAdd(weight, x1, s1);
    x += xRow;
    values += 32;
  }
  v128.store(y, p0);
  v128.store(y1, q0);
  v128.store(y2, r0);
  v128.store(y3, s0);
  if (sizeof<V>() === 8) {
    v128.store(y, p1, 16);
    v128.store(y1, q1, 16);
    v128.store(y2, r1, 16);
    v128.store(y3, s1, 16);
  }
}

/** One output. `values` is `[c]`. */
export function oneDouble<V>(
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  y: usize,
  continues: bool,
): void {
  let p0 = f64x2.splat(-0.0);
  let p1 = p0;
  if (continues) {
    p0 = v128.load(y);
    if (sizeof<V>() === 8) p1 = v128.load(y, 16);
  }
  for (let l = 0; l < c; l++) {
    const weight = v128.load64_splat(values);
    p0 = multiplyAdd(weight, v128.load(x), p0);
    if (sizeof<V>() === 8) p1 = multiplyAdd(weight, v128.load(x, 16), p1);
    x += xRow;
    values += 8;
  }
  v128.store(y, p0);
  if (sizeof<V>() === 8) v128.store(y, p1, 16);
}

/**
 * One complex output. `values` is `[c, 2]`: real and imaginary part.
 *
 * @param part from the real to the imaginary parts of vectors
 */
export function complexDouble<V>(
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  y: usize,
  part: usize,
  continues: bool,
): void {
  // The products of real and of imaginary parts apart: twice as many sums that do not wait for each other.
  let re0 = f64x2.splat(-0.0);
  let re1 = re0;
  let im0 = re0;
  let im1 = re0;
  let minus0 = f64x2.splat(0);
  let minus1 = minus0;
  let plus0 = re0;
  let plus1 = re0;
  if (continues) {
    re0 = v128.load(y);
    im0 = v128.load(y + part);
    if (sizeof<V>() === 8) {
      re1 = v128.load(y, 16);
      im1 = v128.load(y + part, 16);
    }
  }
  for (let l = 0; l < c; l++) {
    const re = v128.load64_splat(values);
    const im = v128.load64_splat(values, 8);
    const imaginary = x + part;
    let x0 = v128.load(x);
    re0 = multiplyAdd(re, x0, re0);
    plus0 = multiplyAdd(im, x0, plus0);
    x0 = v128.load(imaginary);
    minus0 = multiplySubtract(im, x0, minus0);
    im0 = multiplyAdd(re, x0, im0);
    if (sizeof<V>() === 8) {
      let x1 = v128.load(x, 16);
      re1 = multiplyAdd(re, x1, re1);
      plus1 = multiplyAdd(im, x1, plus1);
      x1 = v128.load(imaginary, 16);
      minus1 = multiplySubtract(im, x1, minus1);
      im1 = multiplyAdd(re, x1, im1);
    }
    x += xRow;
    values += 16;
  }
  v128.store(y, f64x2.add(re0, minus0));
  v128.store(y + part, f64x2.add(im0, plus0));
  if (sizeof<V>() === 8) {
    v128.store(y, f64x2.add(re1, minus1), 16);
    v128.store(y + part, f64x2.add(im1, plus1), 16);
  }
}
