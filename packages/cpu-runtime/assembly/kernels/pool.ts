import { areTogether, gather4 } from "../lanes";
import { tileWidth, vectorInTiles } from "../layout";
import { largerOf } from "../vector-math";
import { FourPixels, findPixels, insideLanes, vectorsOf, Windows, windowsOfTile } from "../windows";

/** The largest or the mean of each window, as `src/kernels/pool.ts` says. */
@unmanaged
export class PoolCall extends Windows {
  largest: i32;
}

/** An item is a strip of a tile of y. */
export function pool(call: PoolCall, item: i32, scratch: usize): void {
  const channels = call.channels;
  const width = tileWidth(vectorsOf(call));
  const strips = (channels + call.strip - 1) / call.strip;
  const tile = item / strips;
  const first = (item % strips) * call.strip;
  const count = min(call.strip, channels - first);
  const step = (<usize>width) << 2;
  const y = vectorInTiles(call.y, tile * width, channels, width) + <usize>first * step;
  fill(y, <usize>count * step, call.largest !== 0 ? -Infinity : 0);
  const pixels = windowsOfTile(call, tile, scratch);
  for (let p = 0; p < call.kernelHeight; p++) {
    for (let q = 0; q < call.kernelWidth; q++) {
      for (let lane = 0; lane < width; lane += 4) {
        findPixels(call, pixels, lane, p, q);
        if (pixels.inside === 0) continue;
        takePixels(call, pixels, first, count, y + ((<usize>lane) << 2), step);
      }
    }
  }
}

function fill(at: usize, bytes: usize, number: f32): void {
  for (const end = at + bytes; at < end; at += 4) store<f32>(at, number);
}

/** Takes a pixel into each of four windows, or of one. */
function takePixels(
  call: PoolCall,
  pixels: FourPixels,
  first: i32,
  count: i32,
  y: usize,
  step: usize,
): void {
  const inside = insideLanes(pixels);
  const largest = call.largest !== 0;
  const least = f32x4.splat(-Infinity);
  // A mean is over all places of a window, in the image or not.
  const part = f32x4.splat(1 / <f32>(call.kernelHeight * call.kernelWidth));
  const skipped = <usize>first * pixels.step;
  let a = pixels.a + skipped;
  let b = pixels.b + skipped;
  let c = pixels.c + skipped;
  let d = pixels.d + skipped;
  const together = areTogether(a, b, c, d);
  const single = step === 4;
  for (let left = count; left > 0; left--) {
    const numbers = together ? v128.load(a) : gather4(a, b, c, d);
    const before = single ? v128.load32_zero(y) : v128.load(y);
    const after = largest
      ? largerOf(before, v128.bitselect(numbers, least, inside))
      : f32x4.add(before, f32x4.mul(v128.and(numbers, inside), part));
    if (single) v128.store32_lane(y, after, 0);
    else v128.store(y, after);
    a += pixels.step;
    b += pixels.step;
    c += pixels.step;
    d += pixels.step;
    y += step;
  }
}
