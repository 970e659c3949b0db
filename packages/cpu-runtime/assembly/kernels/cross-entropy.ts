import { ExponentialSum, sumExponentials } from "../exponential-sum";
import { groupOffset, groupsBefore, loadGroup, stepOfFeatures, storeGroup } from "../lane-groups";
import { tileWidth } from "../layout";
import { exp, log, multiplySubtract } from "../vector-math";

/** The cross-entropy of each vector with its label, or its gradient, as `src/kernels/cross-entropy.ts` says. */
@unmanaged
export class CrossEntropyCall {
  x: usize;
  /** `[vectors]`, u32 */
  labels: usize;
  /** A number for each vector: the loss, which is written, or its gradient, which is read. */
  loss: usize;
  /** 0 for the loss. */
  dx: usize;
  vectors: i32;
  features: i32;
  smoothing: f32;
  ignored: u32;
  /** Tiles that are an item. */
  tilesEach: i32;
}

/** The loss, or its gradient where that is to be written. */
export function crossEntropy(call: CrossEntropyCall, item: i32, scratch: usize): void {
  const vectors = call.vectors;
  const isOne = tileWidth(vectors) === 1;
  const end = groupsBefore(vectors, item + 1, call.tilesEach);
  let group = groupsBefore(vectors, item, call.tilesEach);
  for (; group < end; group++) {
    if (call.dx === 0) {
      if (isOne) lossOfGroup<f32>(call, group, scratch);
      else lossOfGroup<v128>(call, group, scratch);
    } else if (isOne) {
      gradientOfGroup<f32>(call, group, scratch);
    } else {
      gradientOfGroup<v128>(call, group, scratch);
    }
  }
}

/** `(1 - smoothing) (log Σ exp x - x[label]) + smoothing (log Σ exp x - mean of x)`, all less the largest. */
function lossOfGroup<T>(call: CrossEntropyCall, group: i32, scratch: usize): void {
  const features = call.features;
  const step = stepOfFeatures(call.vectors);
  const x = call.x + groupOffset(call.vectors, features, group);
  const sum = changetype<ExponentialSum>(scratch);
  sumExponentials<T>(sum, x, step, features);
  const total = sum.total;
  // Nothing, of a number; NaN where there is no share, all numbers being minus infinity.
  const nothing = f32x4.sub(total, total);
  const defined = f32x4.add(nothing, f32x4.div(nothing, total));
  const logarithm = f32x4.add(log(total), defined);

  const smoothing = f32x4.splat(call.smoothing);
  const smoothed = f32x4.div(f32x4.mul(sum.distances, smoothing), f32x4.splat(<f32>features));
  const common = f32x4.add(logarithm, call.smoothing > 0 ? smoothed : f32x4.splat(0));
  const numbers = scratch + offsetof<ExponentialSum>();
  v128.store(numbers, common);
  v128.store(numbers, sum.most, 16);
  const to = call.loss + ((<usize>group) << 4);
  for (let lane = 0; lane < <i32>(sizeof<T>() >> 2); lane++) {
    const at = (<usize>lane) << 2;
    const label = labelOf(call, 4 * group + lane);
    let loss: f32 = 0;
    if (label >= 0) {
      const distance = load<f32>(numbers + at, 16) - load<f32>(x + <usize>label * step + at);
      loss = load<f32>(numbers + at) + (1 - call.smoothing) * distance;
    }
    store<f32>(to + at, loss);
  }
}

function gradientOfGroup<T>(call: CrossEntropyCall, group: i32, scratch: usize): void {
  const features = call.features;
  const step = stepOfFeatures(call.vectors);
  const offset = groupOffset(call.vectors, features, group);
  const x = call.x + offset;
  const end = x + <usize>features * step;
  const sum = changetype<ExponentialSum>(scratch);
  sumExponentials<T>(sum, x, step, features);
  const most = sum.most;
  const loss = loadGroup<T>(call.loss + ((<usize>group) << 4));
  const factor = f32x4.div(loss, sum.total);
  const uniform = f32x4.mul(loss, f32x4.splat(call.smoothing / <f32>features));
  const one = f32x4.splat(1);
  let dx = call.dx + offset;
  for (let at = x; at < end; at += step, dx += step) {
    const power = exp(f32x4.sub(loadGroup<T>(at), most));
    storeGroup<T>(dx, multiplySubtract(one, uniform, f32x4.mul(power, factor)));
  }

  for (let lane = 0; lane < <i32>(sizeof<T>() >> 2); lane++) {
    const label = labelOf(call, 4 * group + lane);
    let to = call.dx + offset + ((<usize>lane) << 2);
    if (label >= 0) {
      to += <usize>label * step;
      const gradient = load<f32>(call.loss + ((<usize>(4 * group + lane)) << 2));
      store<f32>(to, load<f32>(to) - (1 - call.smoothing) * gradient);
    } else {
      for (let f = 0; f < features; f++, to += step) store<f32>(to, 0);
    }
  }
}

/** The label of a vector; -1 where it counts nothing, and for lanes that are no vectors. */
function labelOf(call: CrossEntropyCall, vector: i32): i32 {
  if (vector >= call.vectors) return -1;
  const label = load<u32>(call.labels + ((<usize>vector) << 2));
  return label === call.ignored || label >= <u32>call.features ? -1 : <i32>label;
}
