/**
 * Blocks of a few outputs for sixteen vectors: finding each of them would take longer than its sums. What computes
 * them is called from one place each, so that the compiler puts it there.
 */
import { multiplyAdd } from "../vector-math";
import { oneBySixteen, twoBySixteen } from "./small-groups";

/** Whether blocks of so many outputs have no group of six, and few others. */
export function isSmall(outputs: i32): bool {
  return outputs < 6 || outputs === 8;
}

/**
 * @param a blocks along a, of which each has `count` along d, where there are `d`
 * @param x the first input of the first block; features lie `xRow` bytes apart, and tiles `xTile`
 * @param bias of the first output; those of features lie `biasRow` bytes apart
 */
export function multiplySmallBlocks(
  a: i32,
  b: i32,
  c: i32,
  d: i32,
  count: i32,
  values: usize,
  valuesI: usize,
  valuesK: usize,
  tiles: i32,
  x: usize,
  xRow: usize,
  xTile: usize,
  y: usize,
  yRow: usize,
  yTile: usize,
  bias: usize,
  biasRow: usize,
): void {
  const xStep = <usize>d * xRow;
  const yStep = <usize>d * yRow;
  const biasStep = <usize>d * biasRow;
  for (let i = 0; i < a; i++) {
    for (let k = 0; k < count; k++) {
      let weights = values + <usize>i * valuesI + <usize>k * valuesK;
      const inputs = x + <usize>(i * c * d + k) * xRow;
      const output = i * b * d + k;
      let outputs = y + <usize>output * yRow;
      let biases = bias + <usize>output * biasRow;
      let left = b;
      for (; left >= 4; left -= 4) {
        let from = inputs;
        let to = outputs;
        for (let tile = 0; tile < tiles; tile++) {
          for (let half: usize = 0; half < 64; half += 32) {
            fourOutputs(c, weights, from + half, xStep, to + half, yStep, biases, biasStep);
          }
          from += xTile;
          to += yTile;
        }
        weights += <usize>(16 * c);
        outputs += 4 * yStep;
        biases += 4 * biasStep;
      }
      if (left >= 2) {
        let from = inputs;
        let to = outputs;
        for (let tile = 0; tile < tiles; tile++) {
          twoBySixteen(c, weights, from, xStep, to, yStep, biases, biasStep, false);
          from += xTile;
          to += yTile;
        }
        weights += <usize>(8 * c);
        outputs += 2 * yStep;
        biases += 2 * biasStep;
      }
      if ((left & 1) !== 0) {
        let from = inputs;
        let to = outputs;
        for (let tile = 0; tile < tiles; tile++) {
          oneBySixteen(c, weights, from, xStep, to, biases, false);
          from += xTile;
          to += yTile;
        }
      }
    }
  }
}

/** `fourOutputs<i64>` of wide-groups.ts, as a part of its only caller. */
function fourOutputs(
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
  bias: usize,
  biasRow: usize,
): void {
  let a0 = v128.load32_splat(bias);
  let a1 = a0;
  let b0 = v128.load32_splat(bias + biasRow);
  let b1 = b0;
  let c0 = v128.load32_splat(bias + 2 * biasRow);
  let c1 = c0;
  let d0 = v128.load32_splat(bias + 3 * biasRow);
  let d1 = d0;
  for (let l = 0; l < c; l++) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    let weight = v128.load32_splat(values);
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
    x += xRow;
    values += 16;
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
