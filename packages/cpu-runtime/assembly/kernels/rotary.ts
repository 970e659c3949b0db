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
  /** Of the first vector of a sequence; 0 without. */
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
}

export function rotary(call: RotaryCall, item: i32, _scratch: usize): void {
  const width = tileWidth(call.vectors);
  if (width === 1) {
    rotateOne(call);
    return;
  }
  const tiles = (call.vectors + width - 1) / width;
  const first = item * call.tilesEach;
  for (let tile = first; tile < min(tiles, first + call.tilesEach); tile++) {
    for (let lane = 0; lane < width; lane += 4) rotateFour(call, tile, lane, width);
  }
}

/** Where the angles of a vector are, in bytes. Those past the table have the last ones. */
function rowOf(call: RotaryCall, vector: i32): usize {
  const start = call.position !== 0 ? load<i32>(call.position) : 0;
  const position = min(start + (vector % call.period), call.positions - 1);
  return (<usize>(position * (call.headFeatures / 2))) << 2;
}

/** Four vectors side by side. */
function rotateFour(call: RotaryCall, tile: i32, lane: i32, width: i32): void {
  const headFeatures = call.headFeatures;
  const heads = call.features / headFeatures;
  const pairs = headFeatures / 2;
  const vector = tile * width + lane;
  const row0 = rowOf(call, vector);
  const row1 = rowOf(call, vector + 1);
  const row2 = rowOf(call, vector + 2);
  const row3 = rowOf(call, vector + 3);
  const step = (<usize>width) << 2;
  const start = <usize>tile * <usize>call.features * step + ((<usize>lane) << 2);
  // From one pair to the next, and within a pair.
  const next = call.interleaved !== 0 ? <usize>2 * step : step;
  const other = call.interleaved !== 0 ? step : <usize>pairs * step;
  const head = <usize>headFeatures * step;
  let x = call.x + start;
  let y = call.y + start;
  for (let pair = 0; pair < pairs; pair++) {
    const at = (<usize>pair) << 2;
    const cosine = gather(call.cosines + at, row0, row1, row2, row3);
    const sine = gather(call.sines + at, row0, row1, row2, row3);
    let from = x;
    let to = y;
    for (let each = 0; each < heads; each++) {
      const u = v128.load(from);
      const v = v128.load(from + other);
      v128.store(to, multiplySubtract(v, sine, f32x4.mul(u, cosine)));
      v128.store(to + other, multiplyAdd(v, cosine, f32x4.mul(u, sine)));
      from += head;
      to += head;
    }
    x += next;
    y += next;
  }
}

function gather(from: usize, row0: usize, row1: usize, row2: usize, row3: usize): v128 {
  let numbers = v128.load32_zero(from + row0);
  numbers = v128.load32_lane(from + row1, numbers, 1);
  numbers = v128.load32_lane(from + row2, numbers, 2);
  return v128.load32_lane(from + row3, numbers, 3);
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
