import { firstRow, startOf } from "../graph-rows";
import { loadFirst, storeFirst, sumOfLanes } from "../lanes";
import { multiplyAdd } from "../vector-math";
import { droppedWeights, EdgeScores, weighEdges } from "./edge-attention";

/** Weights of edges and gradients of their scores, as `src/kernels/edge-attention-gradient.ts` says; y are these. */
@unmanaged
export class EdgeAttentionGradientCall extends EdgeScores {
  /** `[rows of the matrix, features]` */
  dy: usize;
}

/** An item is a part of the rows. */
export function edgeAttentionGradient(
  call: EdgeAttentionGradientCall,
  item: i32,
  scratch: usize,
): void {
  const end = firstRow(call, item + 1);
  for (let row = firstRow(call, item); row < end; row++) {
    const start = startOf(call, row);
    const count = startOf(call, row + 1) - start;
    if (count === 0) continue;
    const columns = call.columns + ((<usize>start) << 2);
    for (let head = 0; head < call.heads; head += 4) {
      const some = min(4, call.heads - head);
      weighEdges(call, row, head, some, count, columns, scratch);
      const edges = call.y + ((<usize>start * <usize>(2 * call.heads) + <usize>head) << 2);
      const mean = weightGradients(call, row, head, some, count, columns, scratch, edges, start);
      scoreGradients(call, row, head, some, count, columns, scratch, mean, edges);
    }
  }
}

/**
 * Writes the weights of a row's edges after dropout, and the gradients of those before it behind them.
 *
 * @returns the mean of the gradients, by the weights
 */
function weightGradients(
  call: EdgeAttentionGradientCall,
  row: i32,
  head: i32,
  some: i32,
  count: i32,
  columns: usize,
  weights: usize,
  edges: usize,
  start: i32,
): v128 {
  const heads = <usize>call.heads;
  const features = call.features;
  const headFeatures = features / call.heads;
  const rowBytes = (<usize>features) << 2;
  const skipped = (<usize>(head * headFeatures)) << 2;
  const dy = call.dy + <usize>row * rowBytes + skipped;
  const total = v128.load(weights);
  let mean = f32x4.splat(0);
  for (let edge: usize = 0; edge < <usize>count; edge++) {
    const weight = f32x4.div(v128.load(weights + 16 + (edge << 4)), total);
    const column = load<u32>(columns + (edge << 2));
    const x = call.x + <usize>column * rowBytes + skipped;
    const at = edges + ((edge * 2 * heads) << 2);
    const drops = call.seed !== 0;
    const number = start + <i32>edge;
    storeFirst(at, drops ? droppedWeights(call, number, head, weight) : weight, some);
    const gradients = at + (heads << 2);
    for (let each = 0; each < some; each++) {
      const own = (<usize>(each * headFeatures)) << 2;
      store<f32>(gradients + ((<usize>each) << 2), dotOf(dy + own, x + own, headFeatures));
    }
    if (drops) {
      const all = loadFirst(gradients, some);
      storeFirst(gradients, droppedWeights(call, number, head, all), some);
    }
    mean = multiplyAdd(weight, loadFirst(gradients, some), mean);
  }
  return mean;
}

/** Gradients of the scores in the place of those of the weights. */
function scoreGradients(
  call: EdgeAttentionGradientCall,
  row: i32,
  head: i32,
  some: i32,
  count: i32,
  columns: usize,
  weights: usize,
  mean: v128,
  edges: usize,
): void {
  const heads = <usize>call.heads;
  const sources = call.sources + ((<usize>head) << 2);
  const target = loadFirst(call.targets + ((<usize>row * heads + <usize>head) << 2), some);
  const total = v128.load(weights);
  for (let edge: usize = 0; edge < <usize>count; edge++) {
    const weight = f32x4.div(v128.load(weights + 16 + (edge << 4)), total);
    const gradients = edges + ((edge * 2 * heads) << 2) + (heads << 2);
    const column = load<u32>(columns + (edge << 2));
    const from = loadFirst(sources + ((<usize>column * heads) << 2), some);
    const isPositive = f32x4.gt(f32x4.add(from, target), f32x4.splat(0));
    const slope = v128.bitselect(f32x4.splat(1), f32x4.splat(call.negativeSlope), isPositive);
    const apart = f32x4.sub(loadFirst(gradients, some), mean);
    const gradient = f32x4.mul(f32x4.mul(weight, apart), slope);
    storeFirst(gradients, gradient, some);
  }
}

function dotOf(x: usize, y: usize, count: i32): f32 {
  let sums = f32x4.splat(0);
  let left = count;
  for (; left >= 4; left -= 4, x += 16, y += 16) {
    sums = multiplyAdd(v128.load(x), v128.load(y), sums);
  }
  let sum = sumOfLanes(sums);
  for (; left > 0; left--, x += 4, y += 4) sum += load<f32>(x) * load<f32>(y);
  return sum;
}
