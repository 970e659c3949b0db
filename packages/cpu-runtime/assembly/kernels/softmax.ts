import { tileWidth } from "../layout";
import { exp, log } from "../vector-math";

/** Terms that are added up before their sum is added to the others: the error grows less than with one sum. */
const RUN: i32 = 128;

/** Of the features of each vector; its logarithm with `log`. */
@unmanaged
export class SoftmaxCall {
  x: usize;
  y: usize;
  vectors: i32;
  features: i32;
  log: i32;
  /** Tiles that are an item. */
  tilesEach: i32;
}

export function softmax(call: SoftmaxCall, item: i32, _scratch: usize): void {
  const features = call.features;
  const width = tileWidth(call.vectors);
  const logarithms = call.log !== 0;
  if (width === 1) {
    softmaxOfOne(call.x, call.y, features, logarithms);
    return;
  }
  const tiles = (call.vectors + width - 1) / width;
  const first = item * call.tilesEach;
  const step = (<usize>width) << 2;
  const bytes = <usize>features * step;
  for (let tile = first; tile < min(tiles, first + call.tilesEach); tile++) {
    const at = <usize>tile * bytes;
    for (let lane: usize = 0; lane < step; lane += 16) {
      softmaxOfFour(call.x + at + lane, call.y + at + lane, features, step, logarithms);
    }
  }
}

/** Four vectors side by side; features are `step` bytes apart. */
function softmaxOfFour(x: usize, y: usize, features: i32, step: usize, logarithms: bool): void {
  let most = f32x4.splat(-Infinity);
  let from = x;
  for (let f = 0; f < features; f++) {
    // NaN is no larger number, but its power is NaN, and so is the sum.
    most = f32x4.pmax(most, v128.load(from));
    from += step;
  }
  let total = f32x4.splat(0);
  from = x;
  let to = y;
  for (let f = 0; f < features; ) {
    let sum = f32x4.splat(0);
    for (const end = min(f + RUN, features); f < end; f++) {
      const difference = f32x4.sub(v128.load(from), most);
      const power = exp(difference);
      sum = f32x4.add(sum, power);
      v128.store(to, logarithms ? difference : power);
      from += step;
      to += step;
    }
    total = f32x4.add(total, sum);
  }
  if (logarithms) total = log(total);
  to = y;
  for (let f = 0; f < features; f++) {
    const number = v128.load(to);
    v128.store(to, logarithms ? f32x4.sub(number, total) : f32x4.div(number, total));
    to += step;
  }
}

/** One vector, four features at a time. */
function softmaxOfOne(x: usize, y: usize, features: i32, logarithms: bool): void {
  const whole = features & ~3;
  let mosts = f32x4.splat(-Infinity);
  for (let f = 0; f < whole; f += 4) mosts = f32x4.pmax(mosts, v128.load(x + ((<usize>f) << 2)));
  for (let f = whole; f < features; f++) {
    mosts = f32x4.pmax(mosts, v128.load32_splat(x + ((<usize>f) << 2)));
  }
  mosts = f32x4.pmax(mosts, i32x4.shuffle(mosts, mosts, 2, 3, 0, 1));
  mosts = f32x4.pmax(mosts, i32x4.shuffle(mosts, mosts, 1, 0, 3, 2));

  let total: f32 = 0;
  for (let f = 0; f < features; ) {
    let sums = f32x4.splat(0);
    for (const end = min(f + 4 * RUN, whole); f < end; f += 4) {
      const at = (<usize>f) << 2;
      const differences = f32x4.sub(v128.load(x + at), mosts);
      const powers = exp(differences);
      sums = f32x4.add(sums, powers);
      v128.store(y + at, logarithms ? differences : powers);
    }
    for (; f >= whole && f < features; f++) {
      const at = (<usize>f) << 2;
      const difference = f32x4.sub(v128.load32_splat(x + at), mosts);
      const power = exp(difference);
      total += f32x4.extract_lane(power, 0);
      v128.store32_lane(y + at, logarithms ? difference : power, 0);
    }
    sums = f32x4.add(sums, i32x4.shuffle(sums, sums, 2, 3, 0, 1));
    total += f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1);
  }

  const totals = logarithms ? log(f32x4.splat(total)) : f32x4.splat(total);
  for (let f = 0; f < whole; f += 4) {
    const at = y + ((<usize>f) << 2);
    const numbers = v128.load(at);
    v128.store(at, logarithms ? f32x4.sub(numbers, totals) : f32x4.div(numbers, totals));
  }
  for (let f = whole; f < features; f++) {
    const at = y + ((<usize>f) << 2);
    const number = v128.load32_zero(at);
    v128.store32_lane(at, logarithms ? f32x4.sub(number, totals) : f32x4.div(number, totals), 0);
  }
}
