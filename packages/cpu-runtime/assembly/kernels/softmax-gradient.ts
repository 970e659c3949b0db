import { groupOffset, groupsBefore, loadGroup, stepOfFeatures, storeGroup } from "../lane-groups";
import { tileWidth } from "../layout";
import { exp, multiplyAdd, multiplySubtract } from "../vector-math";

/** From what softmax has computed, or its logarithm with `log`: `dx = y · (dy - Σ y dy)`, or `dy - exp(y) Σ dy`. */
@unmanaged
export class SoftmaxGradientCall {
  y: usize;
  dy: usize;
  dx: usize;
  vectors: i32;
  features: i32;
  log: i32;
  /** Tiles that are an item. */
  tilesEach: i32;
}

export function softmaxGradient(call: SoftmaxGradientCall, item: i32, _scratch: usize): void {
  const vectors = call.vectors;
  const end = groupsBefore(vectors, item + 1, call.tilesEach);
  let group = groupsBefore(vectors, item, call.tilesEach);
  for (; group < end; group++) {
    const offset = groupOffset(vectors, call.features, group);
    if (tileWidth(vectors) === 1) gradientOfGroup<f32>(call, offset, 4);
    else gradientOfGroup<v128>(call, offset, stepOfFeatures(vectors));
  }
}

function gradientOfGroup<T>(call: SoftmaxGradientCall, offset: usize, step: usize): void {
  const y = call.y + offset;
  const end = y + <usize>call.features * step;
  const logarithms = call.log !== 0;
  let sum = f32x4.splat(0);
  let dy = call.dy + offset;
  for (let at = y; at < end; at += step, dy += step) {
    const gradient = loadGroup<T>(dy);
    sum = logarithms ? f32x4.add(sum, gradient) : multiplyAdd(loadGroup<T>(at), gradient, sum);
  }
  dy = call.dy + offset;
  let dx = call.dx + offset;
  for (let at = y; at < end; at += step, dy += step, dx += step) {
    const share = loadGroup<T>(at);
    const gradient = loadGroup<T>(dy);
    const result = logarithms
      ? multiplySubtract(exp(share), sum, gradient)
      : f32x4.mul(share, f32x4.sub(gradient, sum));
    storeGroup<T>(dx, result);
  }
}
