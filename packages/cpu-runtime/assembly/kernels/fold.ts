import { areTogether, clearLanes, gather4, storeLanes } from "../lanes";
import { tileWidth, vectorInTiles } from "../layout";
import { vectorsOf, Windows } from "../windows";

/** The windows that have a pixel at the same of their places, for four lanes of a tile of images. */
@unmanaged
class FourWindows {
  /** Where the first channel of each is; that of another one where there is none. */
  a: usize;
  b: usize;
  c: usize;
  d: usize;
  /** A bit for each that there is. */
  found: i32;
}

/** A pixel of y. */
@unmanaged
class Pixel {
  /** The first window of its image. */
  window: i32;
  /** Where it is, with the padding. */
  row: i32;
  column: i32;
}

/**
 * Windows added to the pixels of images, as `src/kernels/fold.ts` says: x are the windows, y the images. An item is a
 * strip of channels of a tile of y.
 */
export function fold(call: Windows, item: i32, scratch: usize): void {
  const ofImage = call.height * call.width;
  const isWhole = call.ofImages !== 0;
  const vectors = isWhole ? call.images : call.images * ofImage;
  const features = isWhole ? call.channels * ofImage : call.channels;
  const width = tileWidth(vectors);
  const strips = (call.channels + call.strip - 1) / call.strip;
  const tile = item / strips;
  const first = (item % strips) * call.strip;
  const count = min(call.strip, call.channels - first);
  const step = (<usize>width) << 2;
  // From a channel to the next.
  const channel = isWhole ? <usize>ofImage * step : step;
  const start = vectorInTiles(call.y, tile * width, features, width) + <usize>first * channel;
  const windows = changetype<FourWindows>(scratch);
  const pixels = isWhole ? ofImage : 1;
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let lane = 0; lane < width; lane += 4) {
      const y = start + <usize>pixel * step + ((<usize>lane) << 2);
      clearLanes(count, y, channel, width);
      for (let each = 0; each < 4; each++) {
        // The last vector stands in for those that are not there.
        const vector = min(tile * width + lane + each, vectors - 1);
        placePixel(call, scratch, each, vector, pixel);
      }
      for (let p = 0; p < call.kernelHeight; p++) {
        for (let q = 0; q < call.kernelWidth; q++) {
          findWindows(call, windows, p, q);
          if (windows.found === 0) continue;
          addWindows(call, windows, first, count, y, channel, width);
        }
      }
    }
  }
}

function pixelAt(scratch: usize, lane: i32): Pixel {
  const pixels = scratch + offsetof<FourWindows>();
  return changetype<Pixel>(pixels + <usize>lane * offsetof<Pixel>());
}

/** Notes where a pixel of a lane is: that of an image, or the one that the vector is. */
function placePixel(call: Windows, scratch: usize, lane: i32, vector: i32, pixel: i32): void {
  const ofImage = call.height * call.width;
  const isWhole = call.ofImages !== 0;
  const image = isWhole ? vector : vector / ofImage;
  const at = isWhole ? pixel : vector - image * ofImage;
  const place = pixelAt(scratch, lane);
  place.window = image * call.rows * call.columns;
  place.row = at / call.width + call.paddingHeight;
  place.column = (at % call.width) + call.paddingWidth;
}

/** The windows that have the pixels of four lanes at row `p` and column `q`. */
function findWindows(call: Windows, windows: FourWindows, p: i32, q: i32): void {
  const down = p * call.dilationHeight;
  const along = q * call.dilationWidth;
  const place = p * call.kernelWidth + q;
  const scratch = changetype<usize>(windows);
  const a = addressOf(call, pixelAt(scratch, 0), down, along, place);
  const b = addressOf(call, pixelAt(scratch, 1), down, along, place);
  const c = addressOf(call, pixelAt(scratch, 2), down, along, place);
  const d = addressOf(call, pixelAt(scratch, 3), down, along, place);
  const any = a !== 0 ? a : b !== 0 ? b : c !== 0 ? c : d;
  windows.a = a !== 0 ? a : any;
  windows.b = b !== 0 ? b : any;
  windows.c = c !== 0 ? c : any;
  windows.d = d !== 0 ? d : any;
  windows.found =
    <i32>(a !== 0) | ((<i32>(b !== 0)) << 1) | ((<i32>(c !== 0)) << 2) | ((<i32>(d !== 0)) << 3);
}

/** Where the first channel is of the window that has a pixel at a place; 0 for none. */
function addressOf(call: Windows, pixel: Pixel, down: i32, along: i32, place: i32): usize {
  const row = windowAt(pixel.row - down, call.strideHeight, call.rows);
  const column = windowAt(pixel.column - along, call.strideWidth, call.columns);
  if (row < 0 || column < 0) return 0;
  const places = call.kernelHeight * call.kernelWidth;
  const window = pixel.window + row * call.columns + column;
  const width = tileWidth(vectorsOf(call));
  const start = vectorInTiles(call.x, window, call.channels * places, width);
  return start + ((<usize>(place * width)) << 2);
}

/** The window that begins at an offset of an axis; -1 for none. */
function windowAt(offset: i32, stride: i32, count: i32): i32 {
  if (offset < 0) return -1;
  const window = stride === 1 ? offset : offset / stride;
  return window * stride === offset && window < count ? window : -1;
}

function addWindows(
  call: Windows,
  windows: FourWindows,
  first: i32,
  count: i32,
  y: usize,
  step: usize,
  width: i32,
): void {
  const places = call.kernelHeight * call.kernelWidth;
  const stepX = (<usize>(places * tileWidth(vectorsOf(call)))) << 2;
  const skipped = <usize>first * stepX;
  const bits = v128.and(i32x4.splat(windows.found), i32x4(1, 2, 4, 8));
  const found = i32x4.ne(bits, i32x4.splat(0));
  let a = windows.a + skipped;
  let b = windows.b + skipped;
  let c = windows.c + skipped;
  let d = windows.d + skipped;
  const together = areTogether(a, b, c, d);
  for (let left = count; left > 0; left--) {
    const numbers = together ? v128.load(a) : gather4(a, b, c, d);
    const before = width === 1 ? v128.load32_zero(y) : v128.load(y);
    storeLanes(y, f32x4.add(before, v128.and(numbers, found)), width);
    a += stepX;
    b += stepX;
    c += stepX;
    d += stepX;
    y += step;
  }
}
