import { firstRow, GraphRows, placeOfRow, startOf } from "../graph-rows";
import { loadFirst, storeFirst } from "../lanes";
import { isLarger } from "../vector-math";

/** In place of the number of a neighbour. */
const NONE: i32 = -1;

/** The neighbour whose message is the largest, as `src/kernels/aggregate-largest.ts` says. */
@unmanaged
export class LargestNeighbourCall extends GraphRows {
  /** One for each edge; ones where it is 0. */
  weights: usize;
}

/** An item is a part of the rows. */
export function largestNeighbour(call: LargestNeighbourCall, item: i32, scratch: usize): void {
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
      const x = call.x + ((<usize>feature) << 2);
      const place = to + ((<usize>feature) << 2);
      findEight(call, count, call.columns + skipped, weights, x, place);
    }
    for (; feature < features; feature += 4) {
      const some = min(4, features - feature);
      const chosen = findLargest(call, count, call.columns + skipped, weights, feature, some);
      storeFirst(to + ((<usize>feature) << 2), chosen, some);
    }
  }
}

/** The first of the neighbours whose number is the largest, or the first whose number is NaN, for some features. */
function findLargest(
  call: LargestNeighbourCall,
  count: i32,
  columns: usize,
  weights: usize,
  feature: i32,
  some: i32,
): v128 {
  const rowBytes = (<usize>call.features) << 2;
  const x = call.x + ((<usize>feature) << 2);
  let chosen = i32x4.splat(NONE);
  let largest = f32x4.splat(0);
  for (let left = count; left > 0; left--, columns += 4) {
    let numbers = loadFirst(x + <usize>load<u32>(columns) * rowBytes, some);
    if (weights !== 0) {
      numbers = f32x4.mul(v128.load32_splat(weights), numbers);
      weights += 4;
    }
    const takes = v128.or(isLarger(numbers, largest), i32x4.splat(left === count ? -1 : 0));
    largest = v128.bitselect(numbers, largest, takes);
    chosen = v128.bitselect(v128.load32_splat(columns), chosen, takes);
  }
  return chosen;
}

/** The same for eight features, whose first number is at `x`. */
function findEight(
  call: LargestNeighbourCall,
  count: i32,
  columns: usize,
  weights: usize,
  x: usize,
  to: usize,
): void {
  const rowBytes = (<usize>call.features) << 2;
  let chosenA = i32x4.splat(NONE);
  let chosenB = chosenA;
  let largestA = f32x4.splat(0);
  let largestB = largestA;
  let isFirst = i32x4.splat(-1);
  for (let left = count; left > 0; left--, columns += 4) {
    const from = x + <usize>load<u32>(columns) * rowBytes;
    let a = v128.load(from);
    let b = v128.load(from, 16);
    if (weights !== 0) {
      const weight = v128.load32_splat(weights);
      a = f32x4.mul(weight, a);
      b = f32x4.mul(weight, b);
      weights += 4;
    }
    const takesA = v128.or(isLarger(a, largestA), isFirst);
    const takesB = v128.or(isLarger(b, largestB), isFirst);
    const column = v128.load32_splat(columns);
    largestA = v128.bitselect(a, largestA, takesA);
    chosenA = v128.bitselect(column, chosenA, takesA);
    largestB = v128.bitselect(b, largestB, takesB);
    chosenB = v128.bitselect(column, chosenB, takesB);
    isFirst = i32x4.splat(0);
  }
  v128.store(to, chosenA);
  v128.store(to, chosenB, 16);
}
