import { activateNumbers } from "../activations";
import { ADD, ALONE, IDENTITY } from "../kernel-options";

/** Bytes of an item: some microseconds without an activation, some tens with one. */
const CHUNK: usize = 32768;
const LANES: usize = 16;

/** Numbers of vectors in the same layout everywhere: `y = activation(x) + other`, or any part of it. */
@unmanaged
export class ElementwiseCall {
  x: usize;
  y: usize;
  other: usize;
  /** Of all vectors. */
  bytes: usize;
  activation: i32;
  parameter: f32;
  combination: i32;
}

/** An item is {@link CHUNK} bytes. */
export function elementwise(call: ElementwiseCall, item: i32, _scratch: usize): void {
  const start = <usize>item * CHUNK;
  const bytes = min(CHUNK, call.bytes - start);
  const to = call.y + start;
  let from = call.x + start;
  if (call.activation !== IDENTITY || call.combination === ALONE) {
    activateNumbers(call.activation, call.parameter, from, to, bytes);
    from = to;
  }
  if (call.combination !== ALONE) {
    combine(call.combination === ADD, from, call.other + start, to, bytes);
  }
}

function combine(adds: bool, x: usize, other: usize, y: usize, bytes: usize): void {
  const end = y + bytes;
  for (const whole = y + (bytes & ~(LANES - 1)); y < whole; y += LANES) {
    v128.store(y, combined(adds, v128.load(x), v128.load(other)));
    x += LANES;
    other += LANES;
  }
  for (; y < end; y += 4) {
    const one = combined(adds, v128.load32_zero(x), v128.load32_zero(other));
    v128.store32_lane(y, one, 0);
    x += 4;
    other += 4;
  }
}

function combined(adds: bool, x: v128, other: v128): v128 {
  return adds ? f32x4.add(x, other) : f32x4.mul(x, other);
}
