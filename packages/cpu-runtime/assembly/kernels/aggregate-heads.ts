import { endRow, firstRow, GraphRows, placeOfRow, startOf } from "../graph-rows";
import { loadFirst } from "../lanes";
import { reduceNeighbours } from "../neighbours";

/** Message passing with a weight for each edge and head, as `src/kernels/aggregate-heads.ts` says. */
@unmanaged
export class AggregateHeadsCall extends GraphRows {
  /** `[edges, weightFeatures]`, of which those of the heads are first. */
  weights: usize;
  /** For each non-zero, the number of its edge. */
  edges: usize;
  heads: i32;
  weightFeatures: i32;
  /** Bytes of scratch memory for the weights of a row's edges in four heads. */
  weightBytes: usize;
}

/** An item is a part of the rows. */
export function aggregateHeads(call: AggregateHeadsCall, item: i32, scratch: usize): void {
  const headFeatures = call.features / call.heads;
  const headBytes = (<usize>headFeatures) << 2;
  const rowBytes = (<usize>call.features) << 2;
  const place = scratch + call.weightBytes;
  const end = firstRow(call, item + 1);
  for (let row = firstRow(call, item); row < end; row++) {
    const start = startOf(call, row);
    const count = startOf(call, row + 1) - start;
    const columns = call.columns + ((<usize>start) << 2);
    let to = placeOfRow(call, row, place);
    for (let head = 0; head < call.heads; head += 4) {
      const some = min(4, call.heads - head);
      bringWeights(call, head, some, start, count, scratch);
      for (let each = 0; each < some; each++, to += headBytes) {
        const x = call.x + <usize>(head + each) * headBytes;
        const own = scratch + ((<usize>each) << 2);
        reduceNeighbours(false, count, columns, own, 16, x, rowBytes, headFeatures, to);
      }
    }
    endRow(call, row, place);
  }
}

/** The weights of four heads of a row's edges, one after the other. */
function bringWeights(
  call: AggregateHeadsCall,
  head: i32,
  some: i32,
  start: i32,
  count: i32,
  to: usize,
): void {
  const weights = call.weights + ((<usize>head) << 2);
  let edges = call.edges + ((<usize>start) << 2);
  for (let left = count; left > 0; left--, edges += 4, to += 16) {
    const from = <usize>load<u32>(edges) * <usize>call.weightFeatures;
    v128.store(to, loadFirst(weights + (from << 2), some));
  }
}
