/** Vectors as the bits of bipolar numbers, for `bipolar-product.ts`. */

/** Planes of vectors for a factor of `(a, b, c, d)`; x in rows. */
@unmanaged
export class BipolarPlanesCall {
  x: usize;
  /** Of each vector and block, for 32 inputs at a time a word of each bit, the highest first; then the scale. */
  planes: usize;
  vectors: i32;
  a: i32;
  c: i32;
  d: i32;
  bits: i32;
  /** Blocks of vectors of an item. */
  blocks: i32;
}

/** An item is some blocks of inputs, vector after vector. */
export function bipolarPlanes(call: BipolarPlanesCall, item: i32, scratch: usize): void {
  const ofVector = call.a * call.d;
  const first = item * call.blocks;
  const end = min(first + call.blocks, call.vectors * ofVector);
  const c = call.c;
  const bytes = (<usize>(((c + 31) >> 5) * call.bits + 1)) << 2;
  const features = <usize>(ofVector * c);
  // V8 would build constants anew at each use.
  const zero = f32x4.splat(0);
  for (let at = first; at < end; at++) {
    const block = at % ofVector;
    const start = (block / call.d) * c * call.d + (block % call.d);
    const x = call.x + ((<usize>(at / ofVector) * features + <usize>start) << 2);
    gatherBlock(x, (<usize>call.d) << 2, c, scratch);
    roundBlock(c, call.bits, scratch, call.planes + <usize>at * bytes, zero);
  }
}

/** Brings the inputs of a block side by side, with zeros up to a multiple of 32. */
function gatherBlock(x: usize, step: usize, c: i32, to: usize): void {
  const end = to + ((<usize>c) << 2);
  if (step === 4) {
    memory.copy(to, x, end - to);
    to = end;
  } else {
    for (; to < end; to += 4) {
      store<f32>(to, load<f32>(x));
      x += step;
    }
  }
  const zeros = (<usize>(((c + 31) & ~31) - c)) << 2;
  memory.fill(to, 0, zeros);
}

/** As `roundBipolar` of butterfly does, bit by bit; inputs become what is left of them. A scale that is not finite is NaN. */
function roundBlock(c: i32, bits: i32, inputs: usize, to: usize, zero: v128): void {
  const words = (c + 31) >> 5;
  let largest = zero;
  for (let l = 0; l < words << 5; l += 4) {
    largest = f32x4.max(largest, f32x4.abs(v128.load(inputs + ((<usize>l) << 2))));
  }
  let most = f32x4.extract_lane(largest, 0);
  most = max(most, f32x4.extract_lane(largest, 1));
  most = max(most, f32x4.extract_lane(largest, 2));
  most = max(most, f32x4.extract_lane(largest, 3));
  const scale: f32 = most < Infinity ? most / <f32>(1 << bits) : NaN;
  let step = f32x4.splat(scale * <f32>(1 << (bits - 1)));
  const half = f32x4.splat(0.5);
  const last = c & 31;
  for (let plane = 0; plane < bits; plane++) {
    let from = inputs;
    let word = to + ((<usize>plane) << 2);
    for (let w = 0; w < words; w++) {
      let ones = 0;
      for (let l = 0; l < 32; l += 4) {
        const rest = v128.load(from);
        const isOne = f32x4.ge(rest, zero);
        ones |= i32x4.bitmask(isOne) << l;
        v128.store(from, f32x4.sub(rest, v128.bitselect(step, f32x4.neg(step), isOne)));
        from += 16;
      }
      // Bits beyond the inputs are zero, as of weights: none of them differs.
      if (last > 0 && w === words - 1) ones &= (1 << last) - 1;
      store<i32>(word, ones);
      word += (<usize>bits) << 2;
    }
    step = f32x4.mul(step, half);
  }
  store<f32>(to + ((<usize>(words * bits)) << 2), scale);
}
