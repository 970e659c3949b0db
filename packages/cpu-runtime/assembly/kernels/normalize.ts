import { LAYER_NORM } from "../kernel-options";
import { sumOfLanes } from "../lanes";
import { tileWidth } from "../layout";
import { normalizationFactor } from "../normalization";
import { multiplyAdd } from "../vector-math";

/** The normalization of each vector, as `src/kernels/normalize.ts` says. */
@unmanaged
export class NormalizeCall {
  x: usize;
  y: usize;
  /** `[features]` each; 0 without. */
  weight: usize;
  bias: usize;
  vectors: i32;
  features: i32;
  norm: i32;
  epsilon: f32;
  /** Tiles that are an item. */
  tilesEach: i32;
}

export function normalize(call: NormalizeCall, item: i32, _scratch: usize): void {
  const width = tileWidth(call.vectors);
  if (width === 1) {
    oneVector(call);
    return;
  }
  const tiles = (call.vectors + width - 1) / width;
  const bytes = (<usize>call.features * <usize>width) << 2;
  const end = min(tiles, (item + 1) * call.tilesEach);
  for (let tile = item * call.tilesEach; tile < end; tile++) {
    const start = <usize>tile * bytes;
    if (width === 16) {
      sixteenVectors(call, call.x + start, call.y + start);
    } else {
      for (let lane: usize = 0; lane < (<usize>width) << 2; lane += 16) {
        fourVectors(call, call.x + start + lane, call.y + start + lane, (<usize>width) << 2);
      }
    }
  }
}

/** Four sums for each pass, which do not wait for one another. */
function sixteenVectors(call: NormalizeCall, x: usize, y: usize): void {
  const end = x + ((<usize>call.features) << 6);
  let mean0 = f32x4.splat(0);
  let mean1 = mean0;
  let mean2 = mean0;
  let mean3 = mean0;
  if (call.norm === LAYER_NORM) {
    for (let at = x; at < end; at += 64) {
      mean0 = f32x4.add(mean0, v128.load(at));
      mean1 = f32x4.add(mean1, v128.load(at, 16));
      mean2 = f32x4.add(mean2, v128.load(at, 32));
      mean3 = f32x4.add(mean3, v128.load(at, 48));
    }
    const count = f32x4.splat(<f32>call.features);
    mean0 = f32x4.div(mean0, count);
    mean1 = f32x4.div(mean1, count);
    mean2 = f32x4.div(mean2, count);
    mean3 = f32x4.div(mean3, count);
  }
  let squares0 = f32x4.splat(0);
  let squares1 = squares0;
  let squares2 = squares0;
  let squares3 = squares0;
  for (let at = x; at < end; at += 64) {
    const distance0 = f32x4.sub(v128.load(at), mean0);
    squares0 = multiplyAdd(distance0, distance0, squares0);
    const distance1 = f32x4.sub(v128.load(at, 16), mean1);
    squares1 = multiplyAdd(distance1, distance1, squares1);
    const distance2 = f32x4.sub(v128.load(at, 32), mean2);
    squares2 = multiplyAdd(distance2, distance2, squares2);
    const distance3 = f32x4.sub(v128.load(at, 48), mean3);
    squares3 = multiplyAdd(distance3, distance3, squares3);
  }
  const factor0 = normalizationFactor(call.norm, call.epsilon, call.features, squares0);
  const factor1 = normalizationFactor(call.norm, call.epsilon, call.features, squares1);
  const factor2 = normalizationFactor(call.norm, call.epsilon, call.features, squares2);
  const factor3 = normalizationFactor(call.norm, call.epsilon, call.features, squares3);
  let weightAt = call.weight;
  let biasAt = call.bias;
  let weight = f32x4.splat(1);
  let bias = f32x4.splat(-0.0);
  for (let at = x; at < end; at += 64, y += 64) {
    if (weightAt !== 0) {
      weight = v128.load32_splat(weightAt);
      weightAt += 4;
    }
    if (biasAt !== 0) {
      bias = v128.load32_splat(biasAt);
      biasAt += 4;
    }
    const scaled0 = f32x4.mul(f32x4.sub(v128.load(at), mean0), factor0);
    v128.store(y, multiplyAdd(scaled0, weight, bias));
    const scaled1 = f32x4.mul(f32x4.sub(v128.load(at, 16), mean1), factor1);
    v128.store(y, multiplyAdd(scaled1, weight, bias), 16);
    const scaled2 = f32x4.mul(f32x4.sub(v128.load(at, 32), mean2), factor2);
    v128.store(y, multiplyAdd(scaled2, weight, bias), 32);
    const scaled3 = f32x4.mul(f32x4.sub(v128.load(at, 48), mean3), factor3);
    v128.store(y, multiplyAdd(scaled3, weight, bias), 48);
  }
}

/** Four vectors of a tile that has fewer than 16; `step` bytes lie between features. */
function fourVectors(call: NormalizeCall, x: usize, y: usize, step: usize): void {
  const end = x + <usize>call.features * step;
  let mean = f32x4.splat(0);
  if (call.norm === LAYER_NORM) {
    for (let at = x; at < end; at += step) mean = f32x4.add(mean, v128.load(at));
    mean = f32x4.div(mean, f32x4.splat(<f32>call.features));
  }
  let squares = f32x4.splat(0);
  for (let at = x; at < end; at += step) {
    const distance = f32x4.sub(v128.load(at), mean);
    squares = multiplyAdd(distance, distance, squares);
  }
  const factor = normalizationFactor(call.norm, call.epsilon, call.features, squares);
  let weightAt = call.weight;
  let biasAt = call.bias;
  let weight = f32x4.splat(1);
  let bias = f32x4.splat(-0.0);
  for (let at = x; at < end; at += step, y += step) {
    if (weightAt !== 0) {
      weight = v128.load32_splat(weightAt);
      weightAt += 4;
    }
    if (biasAt !== 0) {
      bias = v128.load32_splat(biasAt);
      biasAt += 4;
    }
    const scaled = f32x4.mul(f32x4.sub(v128.load(at), mean), factor);
    v128.store(y, multiplyAdd(scaled, weight, bias));
  }
}

/** A single vector, whose features are side by side. Lanes without one hold what adds nothing. */
function oneVector(call: NormalizeCall): void {
  const x = call.x;
  const bytes = (<usize>call.features) << 2;
  const whole = bytes & ~15;
  let mean: f32 = 0;
  if (call.norm === LAYER_NORM) mean = totalOf(x, whole, bytes, 0, false) / <f32>call.features;
  const squares = totalOf(x, whole, bytes, mean, true);
  const means = f32x4.splat(mean);
  const factor = normalizationFactor(call.norm, call.epsilon, call.features, f32x4.splat(squares));
  let weight = f32x4.splat(1);
  let bias = f32x4.splat(-0.0);
  let at: usize = 0;
  for (; at < whole; at += 16) {
    if (call.weight !== 0) weight = v128.load(call.weight + at);
    if (call.bias !== 0) bias = v128.load(call.bias + at);
    const scaled = f32x4.mul(f32x4.sub(v128.load(x + at), means), factor);
    v128.store(call.y + at, multiplyAdd(scaled, weight, bias));
  }
  for (; at < bytes; at += 4) {
    if (call.weight !== 0) weight = v128.load32_zero(call.weight + at);
    if (call.bias !== 0) bias = v128.load32_zero(call.bias + at);
    const scaled = f32x4.mul(f32x4.sub(v128.load32_zero(x + at), means), factor);
    v128.store32_lane(call.y + at, multiplyAdd(scaled, weight, bias), 0);
  }
}

/** The sum of the distances to the mean, or of their squares, in two times four parts. */
function totalOf(x: usize, whole: usize, bytes: usize, mean: f32, squared: bool): f32 {
  const means = f32x4.splat(mean);
  let even = f32x4.splat(0);
  let odd = even;
  let at: usize = 0;
  for (; at + 32 <= whole; at += 32) {
    const a = f32x4.sub(v128.load(x + at), means);
    const b = f32x4.sub(v128.load(x + at, 16), means);
    even = squared ? multiplyAdd(a, a, even) : f32x4.add(even, a);
    odd = squared ? multiplyAdd(b, b, odd) : f32x4.add(odd, b);
  }
  if (at < whole) {
    const a = f32x4.sub(v128.load(x + at), means);
    even = squared ? multiplyAdd(a, a, even) : f32x4.add(even, a);
  }
  let total = sumOfLanes(f32x4.add(even, odd));
  for (at = whole; at < bytes; at += 4) {
    const distance = load<f32>(x + at) - mean;
    total += squared ? distance * distance : distance;
  }
  return total;
}
