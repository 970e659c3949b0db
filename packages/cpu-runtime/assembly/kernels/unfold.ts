import { areTogether, clearLanes, gather4, storeLanes } from "../lanes";
import { tileWidth, vectorInTiles } from "../layout";
import { FourPixels, findPixels, insideLanes, vectorsOf, Windows, windowsOfTile } from "../windows";
import { interleave } from "./convert";

/** Windows as vectors, as `src/kernels/unfold.ts` says. An item is a strip of channels of a tile of y. */
export function unfold(call: Windows, item: i32, scratch: usize): void {
  const channels = call.channels;
  const kernelWidth = call.kernelWidth;
  const places = call.kernelHeight * kernelWidth;
  const width = tileWidth(vectorsOf(call));
  const strips = (channels + call.strip - 1) / call.strip;
  const tile = item / strips;
  const first = (item % strips) * call.strip;
  const count = min(call.strip, channels - first);
  const step = (<usize>width) << 2;
  const channel = <usize>places * step;
  const start = vectorInTiles(call.y, tile * width, channels * places, width);
  const pixels = windowsOfTile(call, tile, scratch);
  for (let p = 0; p < call.kernelHeight; p++) {
    const y = start + <usize>first * channel + <usize>(p * kernelWidth) * step;
    for (let lane = 0; lane < width; lane += 4) {
      const row = y + ((<usize>lane) << 2);
      if (call.ofImages !== 0 && width !== 1 && findRows(call, pixels, lane, p)) {
        copyRows(call, pixels, first, count, row, step);
        continue;
      }
      for (let q = 0; q < kernelWidth; q++) {
        findPixels(call, pixels, lane, p, q);
        const to = row + <usize>q * step;
        if (pixels.inside === 0) clearLanes(count, to, channel, width);
        else copyPixels(pixels, first, count, to, channel, width);
      }
    }
  }
}

/** Whether all of a row of four windows is in their images; its first pixels are then in `pixels`. */
function findRows(call: Windows, pixels: FourPixels, lane: i32, p: i32): bool {
  // The last pixels before the first ones, which are left there.
  findPixels(call, pixels, lane, p, call.kernelWidth - 1);
  if (pixels.inside !== 15) return false;
  findPixels(call, pixels, lane, p, 0);
  return pixels.inside === 15;
}

/** Rows of four windows of whole images, whose pixels follow one another. */
function copyRows(
  call: Windows,
  pixels: FourPixels,
  first: i32,
  count: i32,
  y: usize,
  step: usize,
): void {
  const kernelWidth = call.kernelWidth;
  const pixelBytes = (<usize>pixels.width) << 2;
  const apart = <usize>call.dilationWidth * pixelBytes;
  const channel = <usize>(call.kernelHeight * kernelWidth) * step;
  for (let c = first; c < first + count; c++, y += channel) {
    const skipped = <usize>c * pixels.step;
    let p = pixels.a + skipped;
    let q = pixels.b + skipped;
    let r = pixels.c + skipped;
    let s = pixels.d + skipped;
    if (apart === 4) {
      interleave(p, q, r, s, y, step, kernelWidth);
      continue;
    }
    let to = y;
    for (let left = kernelWidth; left > 0; left--, to += step) {
      v128.store(to, gather4(p, q, r, s));
      p += apart;
      q += apart;
      r += apart;
      s += apart;
    }
  }
}

/** A pixel of each of four windows, or of one. */
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
