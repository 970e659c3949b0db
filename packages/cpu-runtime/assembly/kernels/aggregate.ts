import { divideNumbers, endRow, firstRow, GraphRows, placeOfRow, startOf } from "../graph-rows";
import { LARGEST, MEAN } from "../kernel-options";
import { reduceNeighbours } from "../neighbours";

/** Message passing over a graph, as `src/kernels/aggregate.ts` says. */
@unmanaged
export class AggregateCall extends GraphRows {
  /** One for each edge; ones where it is 0. */
  weights: usize;
  reduction: i32;
}

/** An item is a part of the rows. */
export function aggregate(call: AggregateCall, item: i32, scratch: usize): void {
  const features = call.features;
  const rowBytes = (<usize>features) << 2;
  const largest = call.reduction === LARGEST;
  const end = firstRow(call, item + 1);
  for (let row = firstRow(call, item); row < end; row++) {
    const start = startOf(call, row);
    const count = startOf(call, row + 1) - start;
    const to = placeOfRow(call, row, scratch);
    const skipped = (<usize>start) << 2;
    const columns = call.columns + skipped;
    const weights: usize = call.weights === 0 ? 0 : call.weights + skipped;
    if (count === 0) {
      memory.fill(to, 0, rowBytes);
    } else {
      reduceNeighbours(largest, count, columns, weights, 4, call.x, rowBytes, features, to);
      if (call.reduction === MEAN) divideNumbers(to, features, <f32>count);
    }
    endRow(call, row, scratch);
  }
}
