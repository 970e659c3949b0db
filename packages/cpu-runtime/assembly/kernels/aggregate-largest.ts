import { endRow, firstRow, GraphRows, placeOfRow, startOf } from "../graph-rows";
import { loadFirst, storeFirst } from "../lanes";

/** The gradient of the largest of neighbours, as `src/kernels/aggregate-largest.ts` says. */
@unmanaged
export class AggregateLargestCall extends GraphRows {
  /** For each number of x, the row of y that it goes to: `[columns of the matrix, features]`. */
  chosen: usize;
  /** One for each edge; ones where it is 0. */
  weights: usize;
}

/** An item is a part of the rows. */
export function aggregateLargest(call: AggregateLargestCall, item: i32, scratch: usize): void {
  const features = call.features;
  const end = firstRow(call, item + 1);
  for (let row = firstRow(call, item); row < end; row++) {
    const start = startOf(call, row);
    const count = startOf(call, row + 1) - start;
    const skipped = (<usize>start) << 2;
    const weights: usize = call.weights === 0 ? 0 : call.weights + skipped;
    const to = placeOfRow(call, row, scratch);
    let feature = 0;
    for (; feature + 8 <= features; feature += 8) {
      const place = to + ((<usize>feature) << 2);
      sumEight(call, row, count, call.columns + skipped, weights, feature, place);
    }
    for (; feature < features; feature += 4) {
      const some = min(4, features - feature);
      const sum = sumOfChosen(call, row, count, call.columns + skipped, weights, feature, some);
      storeFirst(to + ((<usize>feature) << 2), sum, some);
    }
    endRow(call, row, scratch);
  }
}

function sumOfChosen(
  call: AggregateLargestCall,
  row: i32,
  count: i32,
  columns: usize,
  weights: usize,
  feature: i32,
  some: i32,
): v128 {
  const rowBytes = (<usize>call.features) << 2;
  const own = i32x4.splat(row);
  let sum = f32x4.splat(0);
  for (let left = count; left > 0; left--, columns += 4) {
    const at = <usize>load<u32>(columns) * rowBytes + ((<usize>feature) << 2);
    let numbers = loadFirst(call.x + at, some);
    if (weights !== 0) {
      numbers = f32x4.mul(v128.load32_splat(weights), numbers);
      weights += 4;
    }
    const isOwn = i32x4.eq(loadFirst(call.chosen + at, some), own);
    sum = f32x4.add(sum, v128.and(numbers, isOwn));
  }
  return sum;
}

/** The same for eight features. */
function sumEight(
  call: AggregateLargestCall,
  row: i32,
  count: i32,
  columns: usize,
  weights: usize,
  feature: i32,
  to: usize,
): void {
  const rowBytes = (<usize>call.features) << 2;
  const own = i32x4.splat(row);
  const x = call.x + ((<usize>feature) << 2);
  const chosen = call.chosen + ((<usize>feature) << 2);
  let sumA = f32x4.splat(0);
  let sumB = sumA;
  for (let left = count; left > 0; left--, columns += 4) {
    const at = <usize>load<u32>(columns) * rowBytes;
    let a = v128.and(v128.load(x + at), i32x4.eq(v128.load(chosen + at), own));
    let b = v128.and(v128.load(x + at, 16), i32x4.eq(v128.load(chosen + at, 16), own));
    if (weights !== 0) {
      const weight = v128.load32_splat(weights);
      a = f32x4.mul(weight, a);
      b = f32x4.mul(weight, b);
      weights += 4;
    }
    sumA = f32x4.add(sumA, a);
    sumB = f32x4.add(sumB, b);
  }
  v128.store(to, sumA);
  v128.store(to, sumB, 16);
}
