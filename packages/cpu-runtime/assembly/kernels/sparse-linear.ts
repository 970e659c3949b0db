import { gather4, sumOfLanes } from "../lanes";
import { tileWidth } from "../layout";
import { multiplyAdd } from "../vector-math";

/** The product with a matrix in compressed sparse rows, as `src/kernels/sparse-linear.ts` says. */
@unmanaged
export class SparseLinearCall {
  x: usize;
  y: usize;
  /** `[rows + 1]` */
  starts: usize;
  columns: usize;
  /** Ones where it is 0. */
  values: usize;
  /** `[parts + 1]`: the first row of each part. */
  parts: usize;
  vectors: i32;
  rows: i32;
  cols: i32;
  partCount: i32;
}

/** An item is a part of the rows for a tile. */
export function sparseLinear(call: SparseLinearCall, item: i32, _scratch: usize): void {
  const width = tileWidth(call.vectors);
  const tile = <usize>(item / call.partCount);
  const part = call.parts + ((<usize>(item % call.partCount)) << 2);
  const end = load<i32>(part, 4);
  const step = (<usize>width) << 2;
  const x = call.x + tile * <usize>call.cols * step;
  const y = call.y + tile * <usize>call.rows * step;
  for (let row = load<i32>(part); row < end; row++) {
    const start = load<i32>(call.starts + ((<usize>row) << 2));
    const count = load<i32>(call.starts + ((<usize>row) << 2), 4) - start;
    const columns = call.columns + ((<usize>start) << 2);
    const values: usize = call.values === 0 ? 0 : call.values + ((<usize>start) << 2);
    const to = y + <usize>row * step;
    if (width === 16) {
      sixteenSums(count, columns, values, x, to);
    } else if (width === 1) {
      store<f32>(to, oneSum(count, columns, values, x));
    } else {
      for (let lane: usize = 0; lane < step; lane += 16) {
        v128.store(to + lane, fourSums(count, columns, values, x + lane, step));
      }
    }
  }
}

function sixteenSums(count: i32, columns: usize, values: usize, x: usize, y: usize): void {
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  let sum3 = sum0;
  let value = f32x4.splat(1);
  for (let left = count; left > 0; left--) {
    const from = x + ((<usize>load<u32>(columns)) << 6);
    columns += 4;
    if (values !== 0) {
      value = v128.load32_splat(values);
      values += 4;
    }
    sum0 = multiplyAdd(value, v128.load(from), sum0);
    sum1 = multiplyAdd(value, v128.load(from, 16), sum1);
    sum2 = multiplyAdd(value, v128.load(from, 32), sum2);
    sum3 = multiplyAdd(value, v128.load(from, 48), sum3);
  }
  v128.store(y, sum0);
  v128.store(y, sum1, 16);
  v128.store(y, sum2, 32);
  v128.store(y, sum3, 48);
}

function fourSums(count: i32, columns: usize, values: usize, x: usize, step: usize): v128 {
  let sum = f32x4.splat(0);
  let value = f32x4.splat(1);
  for (let left = count; left > 0; left--) {
    if (values !== 0) {
      value = v128.load32_splat(values);
      values += 4;
    }
    sum = multiplyAdd(value, v128.load(x + <usize>load<u32>(columns) * step), sum);
    columns += 4;
  }
  return sum;
}

/** Of a single vector four numbers at a time. */
function oneSum(count: i32, columns: usize, values: usize, x: usize): f32 {
  let sums = f32x4.splat(0);
  let value = f32x4.splat(1);
  let left = count;
  for (; left >= 4; left -= 4) {
    const numbers = gather4(
      placeOf(x, columns),
      placeOf(x, columns + 4),
      placeOf(x, columns + 8),
      placeOf(x, columns + 12),
    );
    columns += 16;
    if (values !== 0) {
      value = v128.load(values);
      values += 16;
    }
    sums = multiplyAdd(value, numbers, sums);
  }
  let sum = sumOfLanes(sums);
  for (; left > 0; left--) {
    const number = load<f32>(placeOf(x, columns));
    columns += 4;
    if (values === 0) {
      sum += number;
    } else {
      sum += load<f32>(values) * number;
      values += 4;
    }
  }
  return sum;
}

function placeOf(x: usize, column: usize): usize {
  return x + ((<usize>load<u32>(column)) << 2);
}
