import { areTogether, gather4, storeLanes } from "../lanes";
import { tileWidth, vectorInTiles } from "../layout";
import { FourPixels, findPixels, insideLanes, vectorsOf, Windows } from "../windows";

/** Windows as vectors, as `src/kernels/unfold.ts` says. An item is a strip of channels of a tile of y. */
export function unfold(call: Windows, item: i32, scratch: usize): void {
  const pixels = changetype<FourPixels>(scratch);
  const channels = call.channels;
  const places = call.kernelHeight * call.kernelWidth;
  const vectors = vectorsOf(call);
  const width = tileWidth(vectors);
  const strips = (channels + call.strip - 1) / call.strip;
  const tile = item / strips;
  const first = (item % strips) * call.strip;
  const count = min(call.strip, channels - first);
  const vectorsOfImage = call.ofImages !== 0 ? 1 : call.height * call.width;
  const widthX = tileWidth(call.images * vectorsOfImage);
  const step = (<usize>width) << 2;
  for (let lane = 0; lane < width; lane += 4) {
    const window = tile * width + lane;
    const y =
      vectorInTiles(call.y, window, channels * places, width) + <usize>(first * places) * step;
    for (let place = 0; place < places; place++) {
      findPixels(call, window, place, widthX, pixels);
      const to = y + <usize>place * step;
      if (pixels.inside === 0) clear(count, to, <usize>places * step, width);
      else copyPixels(pixels, first, count, to, <usize>places * step, width);
    }
  }
}

function copyPixels(
  pixels: FourPixels,
  first: i32,
  count: i32,
  y: usize,
  step: usize,
  width: i32,
): void {
  const inside = insideLanes(pixels);
  const stepX = pixels.step;
  const skipped = <usize>first * stepX;
  let a = pixels.a + skipped;
  let b = pixels.b + skipped;
  let c = pixels.c + skipped;
  let d = pixels.d + skipped;
  const together = areTogether(a, b, c, d);
  for (let left = count; left > 0; left--) {
    const numbers = together ? v128.load(a) : gather4(a, b, c, d);
    storeLanes(y, v128.and(numbers, inside), width);
    a += stepX;
    b += stepX;
    c += stepX;
    d += stepX;
    y += step;
  }
}

/** Zeros for windows of which none has a pixel there. */
function clear(count: i32, y: usize, step: usize, width: i32): void {
  for (let left = count; left > 0; left--, y += step) storeLanes(y, f32x4.splat(0), width);
}
