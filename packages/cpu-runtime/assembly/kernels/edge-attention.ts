import { divideNumbers, endRow, firstRow, GraphRows, placeOfRow, startOf } from "../graph-rows";
import { gather4, lanesWithin, largestLane, sumOfLanes } from "../lanes";
import { reduceNeighbours } from "../neighbours";
import { exp } from "../vector-math";

/** Graph attention, as `src/kernels/edge-attention.ts` says. */
@unmanaged
export class EdgeAttentionCall extends GraphRows {
  /** `[columns of the matrix, heads]` */
  sources: usize;
  /** `[rows of the matrix, heads]` */
  targets: usize;
  heads: i32;
  negativeSlope: f32;
  /** Bytes of scratch memory for the weights of a row's edges: a multiple of 16. */
  weightBytes: usize;
}

/** An item is a part of the rows. */
export function edgeAttention(call: EdgeAttentionCall, item: i32, scratch: usize): void {
  const heads = call.heads;
  const headFeatures = call.features / heads;
  const headBytes = (<usize>headFeatures) << 2;
  const rowBytes = (<usize>call.features) << 2;
  const weights = scratch;
  const place = scratch + call.weightBytes;
  const end = firstRow(call, item + 1);
  for (let row = firstRow(call, item); row < end; row++) {
    const start = startOf(call, row);
    const count = startOf(call, row + 1) - start;
    const columns = call.columns + ((<usize>start) << 2);
    let to = placeOfRow(call, row, place);
    if (count === 0) {
      memory.fill(to, 0, rowBytes);
    } else {
      for (let head = 0; head < heads; head++) {
        const x = call.x + <usize>head * headBytes;
        const total = weighEdges(call, row, head, count, columns, weights);
        reduceNeighbours(false, count, columns, weights, x, rowBytes, headFeatures, to);
        divideNumbers(to, headFeatures, total);
        to += headBytes;
      }
    }
    endRow(call, row, place);
  }
}

/** Writes the exponentials of the scores of a row's edges, less the largest. Returns their sum. */
function weighEdges(
  call: EdgeAttentionCall,
  row: i32,
  head: i32,
  count: i32,
  columns: usize,
  weights: usize,
): f32 {
  const heads = <usize>call.heads;
  const sources = call.sources + ((<usize>head) << 2);
  const target = v128.load32_splat(call.targets + ((<usize>row * heads + <usize>head) << 2));
  const slope = f32x4.splat(call.negativeSlope);
  let most = f32x4.splat(-Infinity);
  for (let edge = 0; edge < count; edge += 4) {
    // The last edge stands in for those that are not there.
    const last = columns + ((<usize>(count - 1)) << 2);
    const at = columns + ((<usize>edge) << 2);
    const from = gather4(
      sources + ((<usize>load<u32>(at) * heads) << 2),
      sources + ((<usize>load<u32>(min(at + 4, last)) * heads) << 2),
      sources + ((<usize>load<u32>(min(at + 8, last)) * heads) << 2),
      sources + ((<usize>load<u32>(min(at + 12, last)) * heads) << 2),
    );
    const sum = f32x4.add(from, target);
    const isPositive = f32x4.gt(sum, f32x4.splat(0));
    const score = v128.bitselect(sum, f32x4.mul(slope, sum), isPositive);
    most = f32x4.max(most, score);
    v128.store(weights + ((<usize>edge) << 2), score);
  }
  const largest = f32x4.splat(largestLane(most));
  let total = f32x4.splat(0);
  for (let edge = 0; edge < count; edge += 4) {
    const at = weights + ((<usize>edge) << 2);
    const weight = exp(f32x4.sub(v128.load(at), largest));
    total = f32x4.add(total, v128.and(weight, lanesWithin(0, count - edge)));
    v128.store(at, weight);
  }
  return sumOfLanes(total);
}
