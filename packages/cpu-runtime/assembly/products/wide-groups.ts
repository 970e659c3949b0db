/**
 * Six or four outputs of a block for vectors side by side. A core begins two multiply-adds in a cycle, each of
 * which takes four: with fewer than eight sums they would wait for themselves. Twelve sums, two vectors of
 * inputs and a weight are the 15 registers that V8 has on x86-64; one more value there halves the speed,
 * and so does unrolling by hand.
 *
 * Of all: `V` says for how many vectors by its size, i64 for eight and i32 for four, so that the compiler makes
 * a function of each; sums begin with the biases, which lie `biasRow` bytes apart, or continue with what is in
 * y; rows of x and of y lie `xRow` and `yRow` bytes apart.
 */
import { multiplyAdd } from "../vector-math";

/** Six outputs. `values` is `[c, 6]`. */
export function sixOutputs<V>(
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
  bias: usize,
  biasRow: usize,
  continues: bool,
): void {
  const y1 = y + yRow;
  const y2 = y1 + yRow;
  const y3 = y2 + yRow;
  const y4 = y3 + yRow;
  const y5 = y4 + yRow;
  let a0: v128;
  let a1: v128;
  let b0: v128;
  let b1: v128;
  let c0: v128;
  let c1: v128;
  let d0: v128;
  let d1: v128;
  let e0: v128;
  let e1: v128;
  let f0: v128;
  let f1: v128;
  if (continues) {
    a0 = v128.load(y);
    b0 = v128.load(y1);
    c0 = v128.load(y2);
    d0 = v128.load(y3);
    e0 = v128.load(y4);
    f0 = v128.load(y5);
    if (sizeof<V>() === 8) {
      a1 = v128.load(y, 16);
      b1 = v128.load(y1, 16);
      c1 = v128.load(y2, 16);
      d1 = v128.load(y3, 16);
      e1 = v128.load(y4, 16);
      f1 = v128.load(y5, 16);
    }
  } else {
    a0 = v128.load32_splat(bias);
    if (sizeof<V>() === 8) a1 = a0;
    b0 = v128.load32_splat(bias + biasRow);
    if (sizeof<V>() === 8) b1 = b0;
    c0 = v128.load32_splat(bias + 2 * biasRow);
    if (sizeof<V>() === 8) c1 = c0;
    d0 = v128.load32_splat(bias + 3 * biasRow);
    if (sizeof<V>() === 8) d1 = d0;
    e0 = v128.load32_splat(bias + 4 * biasRow);
    if (sizeof<V>() === 8) e1 = e0;
    f0 = v128.load32_splat(bias + 5 * biasRow);
    if (sizeof<V>() === 8) f1 = f0;
  }
  for (let l = 0; l < c; l++) {
    const x0 = v128.load(x);
    let x1: v128;
    if (sizeof<V>() === 8) x1 = v128.load(x, 16);
    let weight = v128.load32_splat(values);
    a0 = multiplyAdd(weight, x0, a0);
    if (sizeof<V>() === 8) a1 = multiplyAdd(weight, x1, a1);
    weight = v128.load32_splat(values, 4);
    b0 = multiplyAdd(weight, x0, b0);
    if (sizeof<V>() === 8) b1 = multiplyAdd(weight, x1, b1);
    weight = v128.load32_splat(values, 8);
    c0 = multiplyAdd(weight, x0, c0);
    if (sizeof<V>() === 8) c1 = multiplyAdd(weight, x1, c1);
    weight = v128.load32_splat(values, 12);
    d0 = multiplyAdd(weight, x0, d0);
    if (sizeof<V>() === 8) d1 = multiplyAdd(weight, x1, d1);
    weight = v128.load32_splat(values, 16);
    e0 = multiplyAdd(weight, x0, e0);
    if (sizeof<V>() === 8) e1 = multiplyAdd(weight, x1, e1);
    weight = v128.load32_splat(values, 20);
    f0 = multiplyAdd(weight, x0, f0);
    if (sizeof<V>() === 8) f1 = multiplyAdd(weight, x1, f1);
    x += xRow;
    values += 24;
  }
  v128.store(y, a0);
  if (sizeof<V>() === 8) v128.store(y, a1, 16);
  v128.store(y1, b0);
  if (sizeof<V>() === 8) v128.store(y1, b1, 16);
  v128.store(y2, c0);
  if (sizeof<V>() === 8) v128.store(y2, c1, 16);
  v128.store(y3, d0);
  if (sizeof<V>() === 8) v128.store(y3, d1, 16);
  v128.store(y4, e0);
  if (sizeof<V>() === 8) v128.store(y4, e1, 16);
  v128.store(y5, f0);
  if (sizeof<V>() === 8) v128.store(y5, f1, 16);
}

/** Four outputs. `values` is `[c, 4]`. */
export function fourOutputs<V>(
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
  bias: usize,
  biasRow: usize,
  continues: bool,
): void {
  const y1 = y + yRow;
  const y2 = y1 + yRow;
  const y3 = y2 + yRow;
  let a0: v128;
  let a1: v128;
  let b0: v128;
  let b1: v128;
  let c0: v128;
  let c1: v128;
  let d0: v128;
  let d1: v128;
  if (continues) {
    a0 = v128.load(y);
    b0 = v128.load(y1);
    c0 = v128.load(y2);
    d0 = v128.load(y3);
    if (sizeof<V>() === 8) {
      a1 = v128.load(y, 16);
      b1 = v128.load(y1, 16);
      c1 = v128.load(y2, 16);
      d1 = v128.load(y3, 16);
    }
  } else {
    a0 = v128.load32_splat(bias);
    if (sizeof<V>() === 8) a1 = a0;
    b0 = v128.load32_splat(bias + biasRow);
    if (sizeof<V>() === 8) b1 = b0;
    c0 = v128.load32_splat(bias + 2 * biasRow);
    if (sizeof<V>() === 8) c1 = c0;
    d0 = v128.load32_splat(bias + 3 * biasRow);
    if (sizeof<V>() === 8) d1 = d0;
  }
  for (let l = 0; l < c; l++) {
    const x0 = v128.load(x);
    let x1: v128;
    if (sizeof<V>() === 8) x1 = v128.load(x, 16);
    let weight = v128.load32_splat(values);
    a0 = multiplyAdd(weight, x0, a0);
    if (sizeof<V>() === 8) a1 = multiplyAdd(weight, x1, a1);
    weight = v128.load32_splat(values, 4);
    b0 = multiplyAdd(weight, x0, b0);
    if (sizeof<V>() === 8) b1 = multiplyAdd(weight, x1, b1);
    weight = v128.load32_splat(values, 8);
    c0 = multiplyAdd(weight, x0, c0);
    if (sizeof<V>() === 8) c1 = multiplyAdd(weight, x1, c1);
    weight = v128.load32_splat(values, 12);
    d0 = multiplyAdd(weight, x0, d0);
    if (sizeof<V>() === 8) d1 = multiplyAdd(weight, x1, d1);
    x += xRow;
    values += 16;
  }
  v128.store(y, a0);
  if (sizeof<V>() === 8) v128.store(y, a1, 16);
  v128.store(y1, b0);
  if (sizeof<V>() === 8) v128.store(y1, b1, 16);
  v128.store(y2, c0);
  if (sizeof<V>() === 8) v128.store(y2, c1, 16);
  v128.store(y3, d0);
  if (sizeof<V>() === 8) v128.store(y3, d1, 16);
}
