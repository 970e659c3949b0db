/**
 * Blocks of a few outputs for one vector, and for four, eight or twelve: as in small-blocks.ts, what computes them is
 * called from one place each.
 */

import { Stage } from "../program";
import { multiplyAdd } from "../vector-math";
import { Block } from "./block";
import { finish } from "./epilogue";
import { ProductCall } from "./product-call";
import { sixForOne } from "./single-vector";

/**
 * For one vector. Arguments are those of `multiplySmallBlocks`.
 */
export function multiplySmallBlocksForOne(
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
  const x = block.x;
  const xRow = block.xRow;
  const y = block.y;
  const yRow = block.yRow;
  const xStep = <usize>d * xRow;
  const yStep = <usize>d * yRow;
  for (let i = 0; i < a; i++) {
    for (let k = 0; k < count; k++) {
      let weights = values + <usize>i * valuesI + <usize>k * valuesK;
      const inputs = x + <usize>(i * c * d + k) * xRow;
      let outputs = y + <usize>(i * b * d + k) * yRow;
      let left = b;
      for (; left >= 4; left -= 4) {
        fourForOne(c, weights, inputs, xStep, outputs, yStep);
        weights += <usize>(16 * c);
        outputs += 4 * yStep;
      }
      while (left > 0) {
        const size = left >= 2 ? 2 : 1;
        for (let j = 0; j < size; j++) {
          oneForOne(c, weights + ((<usize>j) << 2), (<usize>size) << 2, inputs, xStep, outputs);
          outputs += yStep;
        }
        weights += <usize>(4 * size * c);
        left -= size;
      }
    }
  }
}

/** Outputs `first` to `end - 1` of one block, groups of six, for one vector. */
export function multiplySixesForOne(
  call: ProductCall,
  block: Block,
  stage: Stage,
  first: i32,
  end: i32,
  values: usize,
): void {
  const b = stage.b;
  const c = stage.c;
  const d = stage.d;
  const xRow = block.xRow;
  const yRow = block.yRow;
  const biasRow = block.biasRow;
  const xStep = <usize>d * xRow;
  const yStep = <usize>d * yRow;
  const biasStep = <usize>d * biasRow;
  for (let i = 0; i < stage.a; i++) {
    for (let k = 0; k < d; k++) {
      let weights =
        values + <usize>i * stage.innerI + <usize>k * stage.innerK + <usize>(4 * first * c);
      const inputs = block.x + <usize>(i * c * d + k) * xRow;
      const output = <usize>((i * b + first) * d + k);
      let outputs = block.y + output * yRow;
      let biases = block.bias + output * biasRow;
      for (let j = first; j < end; j += 6) {
        sixForOne(c, weights, inputs, xStep, outputs, yStep, biases, biasStep);
        weights += <usize>(24 * c);
        outputs += 6 * yStep;
        biases += 6 * biasStep;
      }
    }
    if (block.finishes && block.follows) {
      const output = <usize>((i * b + first) * d);
      finish(call, block.y + output * yRow, yRow, (end - first) * d, 4);
    }
  }
}

/** Four outputs. `values` is `[c, 4]`. */
function fourForOne(c: i32, values: usize, x: usize, xRow: usize, y: usize, yRow: usize): void {
  let sum = f32x4.mul(v128.load(values), v128.load32_splat(x));
  for (let l = 1; l < c; l++) {
    x += xRow;
    values += 16;
    sum = multiplyAdd(v128.load(values), v128.load32_splat(x), sum);
  }
  v128.store32_lane(y, sum, 0);
  y += yRow;
  v128.store32_lane(y, sum, 1);
  y += yRow;
  v128.store32_lane(y, sum, 2);
  v128.store32_lane(y + yRow, sum, 3);
}

function oneForOne(c: i32, values: usize, step: usize, x: usize, xRow: usize, y: usize): void {
  let sum = f32x4.mul(v128.load32_zero(values), v128.load32_zero(x));
  for (let l = 1; l < c; l++) {
    x += xRow;
    values += step;
    sum = multiplyAdd(v128.load32_zero(values), v128.load32_zero(x), sum);
  }
  v128.store32_lane(y, sum, 0);
}

/**
 * For vectors whose numbers of a feature are `row` bytes. Other arguments are those of `multiplySmallBlocks`.
 */
export function multiplySmallBlocksForFew(
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
  const row = block.lastRow;
  const x = block.x;
  const xRow = block.xRow;
  const y = block.y;
  const yRow = block.yRow;
  const xStep = <usize>d * xRow;
  const yStep = <usize>d * yRow;
  for (let i = 0; i < a; i++) {
    for (let k = 0; k < count; k++) {
      let weights = values + <usize>i * valuesI + <usize>k * valuesK;
      const inputs = x + <usize>(i * c * d + k) * xRow;
      let outputs = y + <usize>(i * b * d + k) * yRow;
      let left = b;
      for (; left >= 4; left -= 4) {
        for (let at: usize = 0; at < row; at += 16) {
          fourByFour(c, weights, inputs + at, xStep, outputs + at, yStep);
        }
        weights += <usize>(16 * c);
        outputs += 4 * yStep;
      }
      while (left > 0) {
        const size = left >= 2 ? 2 : 1;
        const step = (<usize>size) << 2;
        for (let j = 0; j < size; j++) {
          for (let at: usize = 0; at < row; at += 16) {
            oneByFour(c, weights, step, inputs + at, xStep, outputs + at);
          }
          weights += 4;
          outputs += yStep;
        }
        weights += <usize>(c - 1) * step;
        left -= size;
      }
    }
  }
}

/** Four outputs for four vectors. `values` is `[c, 4]`. */
function fourByFour(c: i32, values: usize, x: usize, xRow: usize, y: usize, yRow: usize): void {
  let x0 = v128.load(x);
  let sum0 = f32x4.mul(v128.load32_splat(values), x0);
  let sum1 = f32x4.mul(v128.load32_splat(values, 4), x0);
  let sum2 = f32x4.mul(v128.load32_splat(values, 8), x0);
  let sum3 = f32x4.mul(v128.load32_splat(values, 12), x0);
  for (let l = 1; l < c; l++) {
    x += xRow;
    values += 16;
    x0 = v128.load(x);
    sum0 = multiplyAdd(v128.load32_splat(values), x0, sum0);
    sum1 = multiplyAdd(v128.load32_splat(values, 4), x0, sum1);
    sum2 = multiplyAdd(v128.load32_splat(values, 8), x0, sum2);
    sum3 = multiplyAdd(v128.load32_splat(values, 12), x0, sum3);
  }
  v128.store(y, sum0);
  y += yRow;
  v128.store(y, sum1);
  y += yRow;
  v128.store(y, sum2);
  v128.store(y + yRow, sum3);
}

function oneByFour(c: i32, values: usize, step: usize, x: usize, xRow: usize, y: usize): void {
  let sum = f32x4.mul(v128.load32_splat(values), v128.load(x));
  for (let l = 1; l < c; l++) {
    x += xRow;
    values += step;
    sum = multiplyAdd(v128.load32_splat(values), v128.load(x), sum);
  }
  v128.store(y, sum);
}
