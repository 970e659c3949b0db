import { areTogether, gather4, storeLanes } from "../lanes";
import { tileWidth, vectorInTiles } from "../layout";
import { FourPixels, findPixels, insideLanes, vectorsOf, Windows } from "../windows";

/** The largest or the mean of each window, as `src/kernels/pool.ts` says. */
@unmanaged
export class PoolCall extends Windows {
  largest: i32;
}

/** An item is a strip of a tile of y. */
export function pool(call: PoolCall, item: i32, scratch: usize): void {
  const pixels = changetype<FourPixels>(scratch);
  const channels = call.channels;
  const vectors = vectorsOf(call);
  const width = tileWidth(vectors);
  const strips = (channels + call.strip - 1) / call.strip;
  const tile = item / strips;
  const first = (item % strips) * call.strip;
  const count = min(call.strip, channels - first);
  const widthX = tileWidth(call.images * call.height * call.width);
  const places = call.kernelHeight * call.kernelWidth;
  const step = (<usize>width) << 2;
  for (let lane = 0; lane < width; lane += 4) {
    const window = tile * width + lane;
    const y = vectorInTiles(call.y, window, channels, width) + <usize>first * step;
    const start = f32x4.splat(call.largest !== 0 ? -Infinity : 0);
    for (let c = 0; c < count; c++) storeLanes(y + <usize>c * step, start, width);
    for (let place = 0; place < places; place++) {
      findPixels(call, window, place, widthX, pixels);
      if (pixels.inside !== 0) takePixels(call, pixels, first, count, y, step);
    }
  }
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
      ? f32x4.max(before, v128.bitselect(numbers, least, inside))
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
