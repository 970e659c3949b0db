import { areTogether, gather4, storeLanes } from "../lanes";
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
      clear(count, y, channel, width);
      for (let place = 0; place < call.kernelHeight * call.kernelWidth; place++) {
        findWindows(call, windows, tile * width + lane, vectors - 1, pixel, place);
        if (windows.found === 0) continue;
        addWindows(call, windows, first, count, y, channel, width);
      }
    }
  }
}

function clear(count: i32, y: usize, step: usize, width: i32): void {
  for (let left = count; left > 0; left--, y += step) storeLanes(y, f32x4.splat(0), width);
}

/** The last vector stands in for those that are not there. */
function findWindows(
  call: Windows,
  windows: FourWindows,
  vector: i32,
  last: i32,
  pixel: i32,
  place: i32,
): void {
  const a = addressOf(call, min(vector, last), pixel, place);
  const b = addressOf(call, min(vector + 1, last), pixel, place);
  const c = addressOf(call, min(vector + 2, last), pixel, place);
  const d = addressOf(call, min(vector + 3, last), pixel, place);
  const any = a !== 0 ? a : b !== 0 ? b : c !== 0 ? c : d;
  windows.a = a !== 0 ? a : any;
  windows.b = b !== 0 ? b : any;
  windows.c = c !== 0 ? c : any;
  windows.d = d !== 0 ? d : any;
  windows.found =
    <i32>(a !== 0) | ((<i32>(b !== 0)) << 1) | ((<i32>(c !== 0)) << 2) | ((<i32>(d !== 0)) << 3);
}

/** Where the first channel is of the window that has a pixel at a place; 0 for none. */
function addressOf(call: Windows, vector: i32, pixel: i32, place: i32): usize {
  const ofImage = call.height * call.width;
  const isWhole = call.ofImages !== 0;
  const image = isWhole ? vector : vector / ofImage;
  const at = isWhole ? pixel : vector % ofImage;
  const down = (place / call.kernelWidth) * call.dilationHeight;
  const along = (place % call.kernelWidth) * call.dilationWidth;
  const row = windowAt(at / call.width + call.paddingHeight - down, call.strideHeight, call.rows);
  const column = windowAt(
    (at % call.width) + call.paddingWidth - along,
    call.strideWidth,
    call.columns,
  );
  if (row < 0 || column < 0) return 0;
  const places = call.kernelHeight * call.kernelWidth;
  const window = (image * call.rows + row) * call.columns + column;
  const width = tileWidth(vectorsOf(call));
  const start = vectorInTiles(call.x, window, call.channels * places, width);
  return start + ((<usize>(place * width)) << 2);
}

/** The window that begins at an offset of an axis; -1 for none. */
function windowAt(offset: i32, stride: i32, count: i32): i32 {
  if (offset < 0 || offset % stride !== 0 || offset / stride >= count) return -1;
  return offset / stride;
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
