import { areTogether, clearLanes, gather4, storeLanes } from "../lanes";
import { tileWidth, vectorInTiles } from "../layout";
import { FourPixels, findPixels, insideLanes, vectorsOf, Windows, windowsOfTile } from "../windows";
import { interleave } from "./convert";

/** Windows as vectors, as `src/kernels/unfold.ts` says. An item is a strip of channels of a tile of y. */
export function unfold(call: Windows, item: i32, scratch: usize): void {
  const channels = call.channels;
  const height = call.kernelHeight;
  const width = tileWidth(vectorsOf(call));
  const strips = (channels + call.strip - 1) / call.strip;
  const tile = item / strips;
  const first = (item % strips) * call.strip;
  const end = min(first + call.strip, channels);
  const features = channels * height * call.kernelWidth;
  const start = vectorInTiles(call.y, tile * width, features, width);
  const skipped = (<usize>(first * height * call.kernelWidth * width)) << 2;
  gatherWindows(call, tile, first * height, end * height, start + skipped, width, scratch);
}

/**
 * Rows `first` to `end - 1` of the windows of a tile, of which each channel has as many as the kernel is high, to y,
 * where their pixels follow one another.
 *
 * @param width vectors side by side
 * @param scratch memory for {@link windowsOfTile}
 */
export function gatherWindows(
  call: Windows,
  tile: i32,
  first: i32,
  end: i32,
  y: usize,
  width: i32,
  scratch: usize,
): void {
  const kernelHeight = call.kernelHeight;
  const kernelWidth = call.kernelWidth;
  const step = (<usize>width) << 2;
  const channel = <usize>(kernelHeight * kernelWidth) * step;
  const pixels = windowsOfTile(call, tile, scratch);
  for (let p = 0; p < kernelHeight; p++) {
    const from = max(0, first - p + kernelHeight - 1) / kernelHeight;
    const count = max(0, end - p + kernelHeight - 1) / kernelHeight - from;
    if (count <= 0) continue;
    const start = y + <usize>((from * kernelHeight + p - first) * kernelWidth) * step;
    for (let lane = 0; lane < width; lane += 4) {
      const row = start + ((<usize>lane) << 2);
      if (call.ofImages !== 0 && width !== 1 && findRows(call, pixels, lane, p)) {
        copyRows(call, pixels, from, count, row, step);
        continue;
      }
      for (let q = 0; q < kernelWidth; q++) {
        findPixels(call, pixels, lane, p, q);
        const to = row + <usize>q * step;
        if (pixels.inside === 0) clearLanes(count, to, channel, width);
        else copyPixels(pixels, from, count, to, channel, width);
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
