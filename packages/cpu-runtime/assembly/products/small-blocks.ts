/**
 * Blocks of a few outputs for sixteen vectors: finding each of them would take longer than its sums. What computes
 * them is called from one place each, so that the compiler puts it there. Where there are no biases the first
 * products begin the sums.
 */
import { multiplyAdd } from "../vector-math";
import { Block } from "./block";

/**
 * Biases are added afterwards.
 *
 * @param block what is read and written, from the first input and the first output of the first block on
 * @param a blocks along a, of which each has `count` along d, where there are `d`
 * @param values of the first block; those of the next lie `valuesI` and `valuesK` away
 */
export function multiplySmallBlocks(
  block: Block,
  a: i32,
  b: i32,
  c: i32,
  d: i32,
  count: i32,
  values: usize,
  valuesI: usize,
  valuesK: usize,
): void {
  const tiles = block.tiles;
  const x = block.x;
  const xRow = block.xRow;
  const xTile = block.xTile;
  const y = block.y;
  const yRow = block.yRow;
  const yTile = block.yTile;
  const xStep = <usize>d * xRow;
  const yStep = <usize>d * yRow;
  for (let i = 0; i < a; i++) {
    for (let k = 0; k < count; k++) {
      let weights = values + <usize>i * valuesI + <usize>k * valuesK;
      const inputs = x + <usize>(i * c * d + k) * xRow;
      let outputs = y + <usize>(i * b * d + k) * yRow;
      let left = b;
      for (; left >= 4; left -= 4) {
        let from = inputs;
        let to = outputs;
        for (let tile = 0; tile < tiles; tile++) {
          for (let half: usize = 0; half < 64; half += 32) {
            fourOutputs(c, weights, from + half, xStep, to + half, yStep);
          }
          from += xTile;
          to += yTile;
        }
        weights += <usize>(16 * c);
        outputs += 4 * yStep;
      }
      if (left >= 2) {
        let from = inputs;
        let to = outputs;
        for (let tile = 0; tile < tiles; tile++) {
          twoOutputs(c, weights, from, xStep, to, yStep);
          from += xTile;
          to += yTile;
        }
        weights += <usize>(8 * c);
        outputs += 2 * yStep;
      }
      if ((left & 1) !== 0) {
        let from = inputs;
        let to = outputs;
        for (let tile = 0; tile < tiles; tile++) {
          oneOutput(c, weights, from, xStep, to);
          from += xTile;
          to += yTile;
        }
      }
    }
  }
}

/** Four outputs for eight vectors. `values` is `[c, 4]`. */
function fourOutputs(c: i32, values: usize, x: usize, xRow: usize, y: usize, yRow: usize): void {
  let x0 = v128.load(x);
  let x1 = v128.load(x, 16);
  let weight = v128.load32_splat(values);
  let a0 = f32x4.mul(weight, x0);
  let a1 = f32x4.mul(weight, x1);
  weight = v128.load32_splat(values, 4);
  let b0 = f32x4.mul(weight, x0);
  let b1 = f32x4.mul(weight, x1);
  weight = v128.load32_splat(values, 8);
  let c0 = f32x4.mul(weight, x0);
  let c1 = f32x4.mul(weight, x1);
  weight = v128.load32_splat(values, 12);
  let d0 = f32x4.mul(weight, x0);
  let d1 = f32x4.mul(weight, x1);
  for (let l = 1; l < c; l++) {
    x += xRow;
    values += 16;
    x0 = v128.load(x);
    x1 = v128.load(x, 16);
    weight = v128.load32_splat(values);
    a0 = multiplyAdd(weight, x0, a0);
    a1 = multiplyAdd(weight, x1, a1);
    weight = v128.load32_splat(values, 4);
    b0 = multiplyAdd(weight, x0, b0);
    b1 = multiplyAdd(weight, x1, b1);
    weight = v128.load32_splat(values, 8);
    c0 = multiplyAdd(weight, x0, c0);
    c1 = multiplyAdd(weight, x1, c1);
    weight = v128.load32_splat(values, 12);
    d0 = multiplyAdd(weight, x0, d0);
    d1 = multiplyAdd(weight, x1, d1);
  }
  v128.store(y, a0);
  v128.store(y, a1, 16);
  y += yRow;
  v128.store(y, b0);
  v128.store(y, b1, 16);
  y += yRow;
  v128.store(y, c0);
  v128.store(y, c1, 16);
  y += yRow;
  v128.store(y, d0);
  v128.store(y, d1, 16);
}

/** Two outputs for sixteen vectors. `values` is `[c, 2]`. */
function twoOutputs(c: i32, values: usize, x: usize, xRow: usize, y: usize, yRow: usize): void {
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
  v128.store(y, p0);
  v128.store(y, p1, 16);
  v128.store(y, p2, 32);
  v128.store(y, p3, 48);
  y += yRow;
  v128.store(y, q0);
  v128.store(y, q1, 16);
  v128.store(y, q2, 32);
  v128.store(y, q3, 48);
}

/** One output for sixteen vectors. `values` is `[c]`. */
function oneOutput(c: i32, values: usize, x: usize, xRow: usize, y: usize): void {
  let weight = v128.load32_splat(values);
  let sum0 = f32x4.mul(weight, v128.load(x));
  let sum1 = f32x4.mul(weight, v128.load(x, 16));
  let sum2 = f32x4.mul(weight, v128.load(x, 32));
  let sum3 = f32x4.mul(weight, v128.load(x, 48));
  for (let l = 1; l < c; l++) {
    x += xRow;
    values += 4;
    weight = v128.load32_splat(values);
    sum0 = multiplyAdd(weight, v128.load(x), sum0);
    sum1 = multiplyAdd(weight, v128.load(x, 16), sum1);
    sum2 = multiplyAdd(weight, v128.load(x, 32), sum2);
    sum3 = multiplyAdd(weight, v128.load(x, 48), sum3);
  }
  v128.store(y, sum0);
  v128.store(y, sum1, 16);
  v128.store(y, sum2, 32);
  v128.store(y, sum3, 48);
}
