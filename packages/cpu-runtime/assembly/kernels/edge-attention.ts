import { divideNumbers, endRow, firstRow, GraphRows, placeOfRow, startOf } from "../graph-rows";
import { dropoutKey, keptLanes } from "../kept-lanes";
import { loadFirst } from "../lanes";
import { reduceNeighbours } from "../neighbours";
import { exp, largerOf } from "../vector-math";

/** What the calls of attention over edges begin with. */
@unmanaged
export class EdgeScores extends GraphRows {
  /** `[columns of the matrix, heads]` */
  sources: usize;
  /** `[rows of the matrix, heads]` */
  targets: usize;
  heads: i32;
  negativeSlope: f32;
  /** Bytes of scratch memory for the weights of a row's edges in four heads, and their sums. */
  weightBytes: usize;
  /** One u32; 0 where no weight is dropped. */
  seed: usize;
  stream: u32;
  /** Random numbers below it drop their weights. */
  threshold: u32;
  /** What the others are multiplied by. */
  scale: f32;
}

/** Graph attention, as `src/kernels/edge-attention.ts` says. */
@unmanaged
export class EdgeAttentionCall extends EdgeScores {}

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
      for (let head = 0; head < heads; head += 4) {
        const some = min(4, heads - head);
        weighEdges(call, row, head, some, count, columns, weights);
        if (call.seed !== 0) dropWeights(call, start, head, count, weights + 16);
        for (let each = 0; each < some; each++) {
          const x = call.x + <usize>(head + each) * headBytes;
          const own = weights + 16 + ((<usize>each) << 2);
          reduceNeighbours(false, count, columns, own, 16, x, rowBytes, headFeatures, to);
          divideNumbers(to, headFeatures, load<f32>(weights + ((<usize>each) << 2)));
          to += headBytes;
        }
      }
    }
    endRow(call, row, place);
  }
}

/** Writes the exponentials of the scores of a row's edges, less the largest, for four heads; their sum before them. */
export function weighEdges(
  call: EdgeScores,
  row: i32,
  head: i32,
  some: i32,
  count: i32,
  columns: usize,
  weights: usize,
): void {
  const heads = <usize>call.heads;
  const sources = call.sources + ((<usize>head) << 2);
  const skipped = (<usize>row * heads + <usize>head) << 2;
  const target = loadFirst(call.targets + skipped, some);
  const slope = f32x4.splat(call.negativeSlope);
  const first = weights + 16;
  let largest = f32x4.splat(-Infinity);
  for (let edge: usize = 0; edge < <usize>count; edge++) {
    const column = load<u32>(columns + (edge << 2));
    const from = loadFirst(sources + ((<usize>column * heads) << 2), some);
    const sum = f32x4.add(from, target);
    const isPositive = f32x4.gt(sum, f32x4.splat(0));
    const score = v128.bitselect(sum, f32x4.mul(slope, sum), isPositive);
    largest = largerOf(largest, score);
    v128.store(first + (edge << 4), score);
  }
  let total = f32x4.splat(0);
  for (let edge: usize = 0; edge < <usize>count; edge++) {
    const weight = exp(f32x4.sub(v128.load(first + (edge << 4)), largest));
    total = f32x4.add(total, weight);
    v128.store(first + (edge << 4), weight);
  }
  v128.store(weights, total);
}

/** The weights of an edge in four heads, or others of them, after dropout. */
export function droppedWeights(call: EdgeScores, edge: i32, head: i32, weights: v128): v128 {
  const first = i32x4.splat(edge * call.heads + head);
  const index = i32x4.add(first, i32x4(0, 1, 2, 3));
  const keys = i32x4.splat(dropoutKey(load<u32>(call.seed), call.stream));
  const kept = keptLanes(index, keys, i32x4.splat(call.threshold));
  return v128.and(kept, f32x4.mul(weights, f32x4.splat(call.scale)));
}

function dropWeights(call: EdgeScores, start: i32, head: i32, count: i32, weights: usize): void {
  for (let edge = 0; edge < count; edge++, weights += 16) {
    v128.store(weights, droppedWeights(call, start + edge, head, v128.load(weights)));
  }
}
