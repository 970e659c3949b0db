/**
 * Sums and maxima over the vectors of neighbours, `[vectors, features]`: their features are in registers, 16 at a
 * time, while the neighbours pass by.
 */
import { largerOf, multiplyAdd } from "./vector-math";

/**
 * Writes the sum of `weight · x` over at least one neighbour, or the largest.
 *
 * @param columns the numbers of the neighbours
 * @param weights one for each of them, `weightStep` bytes apart; ones where it is 0
 * @param x the first feature of the first vector; `rowBytes` further is that of the next one
 */
export function reduceNeighbours(
  largest: bool,
  count: i32,
  columns: usize,
  weights: usize,
  weightStep: usize,
  x: usize,
  rowBytes: usize,
  features: i32,
  to: usize,
): void {
  let left = features;
  for (; left >= 16; left -= 16) {
    reduceSixteen(largest, count, columns, weights, weightStep, x, rowBytes, to);
    x += 64;
    to += 64;
  }
  for (; left > 4; left -= 8) {
    // The second four, or the last four, of which some are among the first.
    const second = (<usize>min(4, left - 4)) << 2;
    reduceEight(largest, count, columns, weights, weightStep, x, second, rowBytes, to);
    x += 32;
    to += 32;
  }
  if (left > 0 && features >= 4) {
    // The last four, of which some were computed before.
    const before = (<usize>(4 - left)) << 2;
    const last = reduceFour(largest, count, columns, weights, weightStep, x - before, rowBytes);
    v128.store(to - before, last);
    return;
  }
  for (; left > 0; left--) {
    store<f32>(to, reduceOne(largest, count, columns, weights, weightStep, x, rowBytes));
    x += 4;
    to += 4;
  }
}

function reduceSixteen(
  largest: bool,
  count: i32,
  columns: usize,
  weights: usize,
  weightStep: usize,
  x: usize,
  rowBytes: usize,
  to: usize,
): void {
  let a = f32x4.splat(largest ? -Infinity : 0);
  let b = a;
  let c = a;
  let d = a;
  let weight = f32x4.splat(1);
  for (let left = count; left > 0; left--) {
    const from = x + <usize>load<u32>(columns) * rowBytes;
    columns += 4;
    if (weights !== 0) {
      weight = v128.load32_splat(weights);
      weights += weightStep;
    }
    if (largest) {
      a = largerOf(a, f32x4.mul(weight, v128.load(from)));
      b = largerOf(b, f32x4.mul(weight, v128.load(from, 16)));
      c = largerOf(c, f32x4.mul(weight, v128.load(from, 32)));
      d = largerOf(d, f32x4.mul(weight, v128.load(from, 48)));
    } else {
      a = multiplyAdd(weight, v128.load(from), a);
      b = multiplyAdd(weight, v128.load(from, 16), b);
      c = multiplyAdd(weight, v128.load(from, 32), c);
      d = multiplyAdd(weight, v128.load(from, 48), d);
    }
  }
  v128.store(to, a);
  v128.store(to, b, 16);
  v128.store(to, c, 32);
  v128.store(to, d, 48);
}

function reduceEight(
  largest: bool,
  count: i32,
  columns: usize,
  weights: usize,
  weightStep: usize,
  x: usize,
  second: usize,
  rowBytes: usize,
  to: usize,
): void {
  let a = f32x4.splat(largest ? -Infinity : 0);
  let b = a;
  let weight = f32x4.splat(1);
  for (let left = count; left > 0; left--) {
    const from = x + <usize>load<u32>(columns) * rowBytes;
    columns += 4;
    if (weights !== 0) {
      weight = v128.load32_splat(weights);
      weights += weightStep;
    }
    const first4 = v128.load(from);
    const second4 = v128.load(from + second);
    a = largest ? largerOf(a, f32x4.mul(weight, first4)) : multiplyAdd(weight, first4, a);
    b = largest ? largerOf(b, f32x4.mul(weight, second4)) : multiplyAdd(weight, second4, b);
  }
  v128.store(to, a);
  v128.store(to + second, b);
}

function reduceFour(
  largest: bool,
  count: i32,
  columns: usize,
  weights: usize,
  weightStep: usize,
  x: usize,
  rowBytes: usize,
): v128 {
  let result = f32x4.splat(largest ? -Infinity : 0);
  let weight = f32x4.splat(1);
  for (let left = count; left > 0; left--) {
    const numbers = v128.load(x + <usize>load<u32>(columns) * rowBytes);
    columns += 4;
    if (weights !== 0) {
      weight = v128.load32_splat(weights);
      weights += weightStep;
    }
    result = largest
      ? largerOf(result, f32x4.mul(weight, numbers))
      : multiplyAdd(weight, numbers, result);
  }
  return result;
}

function reduceOne(
  largest: bool,
  count: i32,
  columns: usize,
  weights: usize,
  weightStep: usize,
  x: usize,
  rowBytes: usize,
): f32 {
  let result: f32 = largest ? -Infinity : 0;
  for (let left = count; left > 0; left--) {
    let number = load<f32>(x + <usize>load<u32>(columns) * rowBytes);
    columns += 4;
    if (weights !== 0) {
      number *= load<f32>(weights);
      weights += weightStep;
    }
    result = largest ? max<f32>(result, number) : result + number;
  }
  return result;
}
