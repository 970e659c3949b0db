import { groupOffset, groupsBefore, loadGroup, stepOfFeatures, storeGroup } from "../lane-groups";
import { tileWidth } from "../layout";
import { multiplyAdd } from "../vector-math";

/** The mean of the squared differences of two vectors, or its gradient, as `src/kernels/squared-error.ts` says. */
@unmanaged
export class SquaredErrorCall {
  x: usize;
  target: usize;
  /** A number for each vector: the loss, which is written, or its gradient, which is read. */
  loss: usize;
  /** 0 for the loss. */
  dx: usize;
  vectors: i32;
  features: i32;
  /** Tiles that are an item. */
  tilesEach: i32;
}

/** The loss, or its gradient where that is to be written. */
export function squaredError(call: SquaredErrorCall, item: i32, _scratch: usize): void {
  const vectors = call.vectors;
  const isOne = tileWidth(vectors) === 1;
  const end = groupsBefore(vectors, item + 1, call.tilesEach);
  let group = groupsBefore(vectors, item, call.tilesEach);
  for (; group < end; group++) {
    if (call.dx === 0) {
      if (isOne) lossOfGroup<f32>(call, group);
      else lossOfGroup<v128>(call, group);
    } else if (isOne) {
      gradientOfGroup<f32>(call, group);
    } else {
      gradientOfGroup<v128>(call, group);
    }
  }
}

function lossOfGroup<T>(call: SquaredErrorCall, group: i32): void {
  const step = stepOfFeatures(call.vectors);
  const offset = groupOffset(call.vectors, call.features, group);
  const x = call.x + offset;
  const end = x + <usize>call.features * step;
  let target = call.target + offset;
  let sum = f32x4.splat(0);
  for (let at = x; at < end; at += step, target += step) {
    const difference = f32x4.sub(loadGroup<T>(at), loadGroup<T>(target));
    sum = multiplyAdd(difference, difference, sum);
  }
  const to = call.loss + ((<usize>group) << 4);
  storeGroup<T>(to, f32x4.div(sum, f32x4.splat(<f32>call.features)));
}

function gradientOfGroup<T>(call: SquaredErrorCall, group: i32): void {
  const step = stepOfFeatures(call.vectors);
  const offset = groupOffset(call.vectors, call.features, group);
  const x = call.x + offset;
  const end = x + <usize>call.features * step;
  const loss = loadGroup<T>(call.loss + ((<usize>group) << 4));
  const factor = f32x4.mul(loss, f32x4.splat(2 / <f32>call.features));
  let target = call.target + offset;
  let dx = call.dx + offset;
  for (let at = x; at < end; at += step, target += step, dx += step) {
    const difference = f32x4.sub(loadGroup<T>(at), loadGroup<T>(target));
    storeGroup<T>(dx, f32x4.mul(factor, difference));
  }
}
