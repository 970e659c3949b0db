import { tileWidth } from "../layout";
import { multiplyAdd, multiplySubtract } from "../vector-math";

/** Rotates pairs of features of each head by angles that grow with the position in the sequence. */
@unmanaged
export class RotaryCall {
  x: usize;
  y: usize;
  /** `[positions, headFeatures / 2]`. */
  cosines: usize;
  sines: usize;
  /** Of the first vector of all sequences, or of each; 0 without. */
  position: usize;
  vectors: i32;
  features: i32;
  headFeatures: i32;
  positions: i32;
  /** Vectors of a sequence. */
  period: i32;
  /** Whether pairs are neighbours, rather than half a head apart. */
  interleaved: i32;
  /** Tiles that are an item. */
  tilesEach: i32;
  /** Whether each sequence has a position. */
  each: i32;
}

export function rotary(call: RotaryCall, item: i32, scratch: usize): void {
  const width = tileWidth(call.vectors);
  if (width === 1) {
    rotateOne(call);
    return;
  }
  const tiles = (call.vectors + width - 1) / width;
  const first = item * call.tilesEach;
  for (let tile = first; tile < min(tiles, first + call.tilesEach); tile++) {
    rotateTile(call, tile, width, scratch);
  }
}

/** Where the angles of a vector are, in bytes. Those past the table have the last ones. */
function rowOf(call: RotaryCall, vector: i32): usize {
  const sequence = call.each !== 0 ? min(vector, call.vectors - 1) / call.period : 0;
  const start = call.position !== 0 ? load<i32>(call.position + ((<usize>sequence) << 2)) : 0;
  const position = min(start + (vector % call.period), call.positions - 1);
  return (<usize>(position * (call.headFeatures / 2))) << 2;
}

/** A tile, head by head; the angles are brought into its order before, `[pairs, width]` cosines and as many sines. */
function rotateTile(call: RotaryCall, tile: i32, width: i32, cosines: usize): void {
  const headFeatures = call.headFeatures;
  const pairs = headFeatures / 2;
  const step = (<usize>width) << 2;
  const sines = cosines + <usize>pairs * step;
  for (let lane = 0; lane < width; lane += 4) {
    const at = (<usize>lane) << 2;
    const vector = tile * width + lane;
    gatherAngles(call, call.cosines, vector, pairs, cosines + at, step);
    gatherAngles(call, call.sines, vector, pairs, sines + at, step);
  }
  const interleaved = call.interleaved !== 0;
  // From one pair to the next, and within a pair.
  const next = interleaved ? <usize>2 * step : step;
  const other = interleaved ? step : <usize>pairs * step;
  const start = <usize>tile * <usize>call.features * step;
  for (let f = 0; f < call.features; f += headFeatures) {
    let x = call.x + start + <usize>f * step;
    let y = call.y + start + <usize>f * step;
    let angle = cosines;
    for (let pair = 0; pair < pairs; pair++) {
      for (let at: usize = 0; at < step; at += 16) {
        const cosine = v128.load(angle + at);
        const sine = v128.load(angle + at + (sines - cosines));
        const u = v128.load(x + at);
        const v = v128.load(x + at + other);
        v128.store(y + at, multiplySubtract(v, sine, f32x4.mul(u, cosine)));
        v128.store(y + at + other, multiplyAdd(v, cosine, f32x4.mul(u, sine)));
      }
      angle += step;
      x += next;
      y += next;
    }
  }
}

/** The angles of four vectors, of one of the tables. */
function gatherAngles(
  call: RotaryCall,
  table: usize,
  vector: i32,
  pairs: i32,
  to: usize,
  step: usize,
): void {
  const row0 = table + rowOf(call, vector);
  const row1 = table + rowOf(call, vector + 1);
  const row2 = table + rowOf(call, vector + 2);
  const row3 = table + rowOf(call, vector + 3);
  for (let pair = 0; pair < pairs; pair++) {
    const at = (<usize>pair) << 2;
    let numbers = v128.load32_zero(row0 + at);
    numbers = v128.load32_lane(row1 + at, numbers, 1);
    numbers = v128.load32_lane(row2 + at, numbers, 2);
    v128.store(to, v128.load32_lane(row3 + at, numbers, 3));
    to += step;
  }
}

/** The only vector, whose features follow one another: four pairs at a time. */
function rotateOne(call: RotaryCall): void {
  const headFeatures = call.headFeatures;
  const pairs = headFeatures / 2;
  const row = rowOf(call, 0);
  const cosines = call.cosines + row;
  const sines = call.sines + row;
  const interleaved = call.interleaved !== 0;
  const other = (<usize>(interleaved ? 1 : pairs)) << 2;
  for (let f = 0; f < call.features; f += headFeatures) {
    const x = call.x + ((<usize>f) << 2);
    const y = call.y + ((<usize>f) << 2);
    let pair = 0;
    for (; pair + 4 <= pairs; pair += 4) {
      const at = (<usize>pair) << 2;
      const cosine = v128.load(cosines + at);
      const sine = v128.load(sines + at);
      if (interleaved) {
        const first = v128.load(x + 2 * at);
        const second = v128.load(x + 2 * at, 16);
        const u = i32x4.shuffle(first, second, 0, 2, 4, 6);
        const v = i32x4.shuffle(first, second, 1, 3, 5, 7);
        const p = multiplySubtract(v, sine, f32x4.mul(u, cosine));
        const q = multiplyAdd(v, cosine, f32x4.mul(u, sine));
        v128.store(y + 2 * at, i32x4.shuffle(p, q, 0, 4, 1, 5));
        v128.store(y + 2 * at, i32x4.shuffle(p, q, 2, 6, 3, 7), 16);
      } else {
        const u = v128.load(x + at);
        const v = v128.load(x + at + other);
        v128.store(y + at, multiplySubtract(v, sine, f32x4.mul(u, cosine)));
        v128.store(y + at + other, multiplyAdd(v, cosine, f32x4.mul(u, sine)));
      }
    }
    for (; pair < pairs; pair++) {
      const at = (<usize>pair) << 2;
      const place = interleaved ? <usize>2 * at : at;
      const cosine = load<f32>(cosines + at);
      const sine = load<f32>(sines + at);
      const u = load<f32>(x + place);
      const v = load<f32>(x + place + other);
      store<f32>(y + place, u * cosine - v * sine);
      store<f32>(y + place + other, u * sine + v * cosine);
    }
  }
}
