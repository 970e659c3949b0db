import { ADAMW, MOMENTUM } from "../kernel-options";
import { sumOfLanes } from "../lanes";
import { multiplyAdd } from "../vector-math";

/** Numbers of an item: some tens of microseconds. */
const CHUNK: i32 = 8192;

/** Changes a parameter and the optimizer's state in place, as `src/kernels/update.ts` says. */
@unmanaged
export class UpdateCall {
  parameter: usize;
  gradient: usize;
  /** Momentum; and for Adam the mean of squares, 0 otherwise. */
  momentum: usize;
  squares: usize;
  /** Learning rate, scale of gradients, corrections of momentum and of squares. */
  settings: usize;
  length: i32;
  optimizer: i32;
  /** By what the learning rate is multiplied. */
  rate: f32;
  decay: f32;
  /** Of the momentum, and of the squares. */
  beta1: f32;
  beta2: f32;
  epsilon: f32;
}

/** An item is {@link CHUNK} numbers. Nothing changes at a rate below 0. */
export function update(call: UpdateCall, item: i32, _scratch: usize): void {
  if (load<f32>(call.settings) < 0) return;
  const first = item * CHUNK;
  const count = min(CHUNK, call.length - first);
  const rate = load<f32>(call.settings) * call.rate;
  const scale = load<f32>(call.settings, 4);
  const offset = (<usize>first) << 2;
  const whole = offset + ((<usize>(count & ~3)) << 2);
  const end = offset + ((<usize>count) << 2);
  let at = offset;
  for (; at < whole; at += 16) change(call, at, rate, scale, false);
  for (; at < end; at += 4) change(call, at, rate, scale, true);
}

/** Four numbers, or one. */
function change(call: UpdateCall, at: usize, rate: f32, scale: f32, single: bool): void {
  const number = read(call.parameter + at, single);
  let gradient = f32x4.mul(read(call.gradient + at, single), f32x4.splat(scale));
  let step: v128;
  let kept: v128 = f32x4.splat(1);
  const decoupled = call.optimizer === ADAMW;
  if (!decoupled) gradient = multiplyAdd(f32x4.splat(call.decay), number, gradient);
  if (call.optimizer !== MOMENTUM) {
    const beta1 = f32x4.splat(call.beta1);
    const momentum = multiplyAdd(
      f32x4.sub(read(call.momentum + at, single), gradient),
      beta1,
      gradient,
    );
    const square = f32x4.mul(gradient, gradient);
    const before = read(call.squares + at, single);
    const squares = multiplyAdd(f32x4.sub(before, square), f32x4.splat(call.beta2), square);
    write(call.momentum + at, momentum, single);
    write(call.squares + at, squares, single);
    const corrected = f32x4.div(momentum, v128.load32_splat(call.settings, 8));
    const root = f32x4.sqrt(f32x4.div(squares, v128.load32_splat(call.settings, 12)));
    step = f32x4.div(corrected, f32x4.add(root, f32x4.splat(call.epsilon)));
    if (decoupled) kept = f32x4.splat(1 - rate * call.decay);
  } else {
    const before = read(call.momentum + at, single);
    step = multiplyAdd(f32x4.splat(call.beta1), before, gradient);
    write(call.momentum + at, step, single);
  }
  const less = f32x4.mul(f32x4.splat(rate), step);
  write(call.parameter + at, f32x4.sub(f32x4.mul(number, kept), less), single);
}

function read(at: usize, single: bool): v128 {
  return single ? v128.load32_zero(at) : v128.load(at);
}

function write(at: usize, numbers: v128, single: bool): void {
  if (single) v128.store32_lane(at, numbers, 0);
  else v128.store(at, numbers);
}

/** Sums of parts of numbers that follow one another, each of {@link CHUNK} of them. */
@unmanaged
export class SumOfSquaresCall {
  x: usize;
  /** A number for each item. */
  parts: usize;
  length: i32;
}

export function sumOfSquares(call: SumOfSquaresCall, item: i32, _scratch: usize): void {
  const first = item * CHUNK;
  const count = min(CHUNK, call.length - first);
  let at = call.x + ((<usize>first) << 2);
  const whole = at + ((<usize>(count & ~15)) << 2);
  const end = at + ((<usize>count) << 2);
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  let sum3 = sum0;
  for (; at < whole; at += 64) {
    sum0 = multiplyAdd(v128.load(at), v128.load(at), sum0);
    sum1 = multiplyAdd(v128.load(at, 16), v128.load(at, 16), sum1);
    sum2 = multiplyAdd(v128.load(at, 32), v128.load(at, 32), sum2);
    sum3 = multiplyAdd(v128.load(at, 48), v128.load(at, 48), sum3);
  }
  for (; at < end; at += 4) {
    const number = v128.load32_zero(at);
    sum0 = multiplyAdd(number, number, sum0);
  }
  const total = f32x4.add(f32x4.add(sum0, sum1), f32x4.add(sum2, sum3));
  store<f32>(call.parts + ((<usize>item) << 2), sumOfLanes(total));
}

/** What the updates of a step have in common, as `src/kernels/step-settings.ts` says. */
@unmanaged
export class StepSettingsCall {
  /** Parts of the sum of the squares of all gradients. */
  parts: usize;
  count: i32;
  loss: usize;
  given: usize;
  settings: usize;
  /** The largest norm. */
  clip: f32;
}

export function stepSettings(call: StepSettingsCall, _item: i32, _scratch: usize): void {
  let sum: f64 = 0;
  for (let at = 0; at < call.count; at++) sum += load<f32>(call.parts + ((<usize>at) << 2));
  let scale: f64 = load<f32>(call.given, 4);
  const norm = sqrt<f64>(sum) * scale;
  const loss: f64 = load<f32>(call.loss);
  // The difference of what is not finite is NaN.
  const finite = norm - norm + (loss - loss) === 0;
  if (norm > call.clip) scale *= call.clip / norm;
  store<f32>(call.settings, finite ? load<f32>(call.given) : -1);
  store<f32>(call.settings, <f32>scale, 4);
  store<f32>(call.settings, load<f32>(call.given, 8), 8);
  store<f32>(call.settings, load<f32>(call.given, 12), 12);
  store<f32>(call.settings, <f32>norm, 16);
}

/** Adds numbers to those of the runs before, or replaces these. */
@unmanaged
export class AccumulateCall {
  sum: usize;
  x: usize;
  /** The fifth number: 0 where the numbers before are replaced. */
  given: usize;
  length: i32;
}

/** An item is {@link CHUNK} numbers. */
export function accumulate(call: AccumulateCall, item: i32, _scratch: usize): void {
  const first = item * CHUNK;
  const count = min(CHUNK, call.length - first);
  const offset = (<usize>first) << 2;
  const bytes = (<usize>count) << 2;
  if (load<f32>(call.given, 16) === 0) {
    memory.copy(call.sum + offset, call.x + offset, bytes);
    return;
  }
  const whole = offset + (bytes & ~15);
  const end = offset + bytes;
  let at = offset;
  for (; at < whole; at += 16) {
    v128.store(call.sum + at, f32x4.add(v128.load(call.sum + at), v128.load(call.x + at)));
  }
  for (; at < end; at += 4) {
    store<f32>(call.sum + at, load<f32>(call.sum + at) + load<f32>(call.x + at));
  }
}
