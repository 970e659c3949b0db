/** Windows that slide over images. */
import { vectorInTiles } from "./layout";

/** What the calls of kernels begin with that take windows. */
@unmanaged
export class Windows {
  x: usize;
  y: usize;
  images: i32;
  channels: i32;
  /** Pixels of an image. */
  height: i32;
  width: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  paddingHeight: i32;
  paddingWidth: i32;
  dilationHeight: i32;
  dilationWidth: i32;
  /** Windows of an image. */
  rows: i32;
  columns: i32;
  /** Whether a vector of x is a whole image, `[channels, height, width]`, or the channels of a pixel. */
  ofImages: i32;
  /** Channels that are an item. */
  strip: i32;
}

/** The pixels at one place of four windows. */
@unmanaged
export class FourPixels {
  /** Where the first channel of each is; those that are outside their image are at another one's place. */
  a: usize;
  b: usize;
  c: usize;
  d: usize;
  /** From a channel to the next. */
  step: usize;
  /** A bit for each that is in its image. */
  inside: i32;
}

export function vectorsOf(windows: Windows): i32 {
  return windows.images * windows.rows * windows.columns;
}

/** @param window the first of four; the last one stands in for those that are not there */
export function findPixels(
  windows: Windows,
  window: i32,
  place: i32,
  width: i32,
  pixels: FourPixels,
): void {
  const last = vectorsOf(windows) - 1;
  const a = addressOf(windows, min(window, last), place, width);
  const b = addressOf(windows, min(window + 1, last), place, width);
  const c = addressOf(windows, min(window + 2, last), place, width);
  const d = addressOf(windows, min(window + 3, last), place, width);
  const any = a !== 0 ? a : b !== 0 ? b : c !== 0 ? c : d;
  pixels.a = a !== 0 ? a : any;
  pixels.b = b !== 0 ? b : any;
  pixels.c = c !== 0 ? c : any;
  pixels.d = d !== 0 ? d : any;
  pixels.inside =
    <i32>(a !== 0) | ((<i32>(b !== 0)) << 1) | ((<i32>(c !== 0)) << 2) | ((<i32>(d !== 0)) << 3);
  const apart = windows.ofImages !== 0 ? windows.height * windows.width : 1;
  pixels.step = <usize>apart * ((<usize>width) << 2);
}

/** All bits of the lanes whose pixel is in its image. */
export function insideLanes(pixels: FourPixels): v128 {
  const bits = v128.and(i32x4.splat(pixels.inside), i32x4(1, 2, 4, 8));
  return i32x4.ne(bits, i32x4.splat(0));
}

/** Where the first channel is of the pixel at a place of a window; 0 for none. */
function addressOf(windows: Windows, window: i32, place: i32, width: i32): usize {
  const ofImage = windows.rows * windows.columns;
  const image = window / ofImage;
  const i = (window % ofImage) / windows.columns;
  const j = window % windows.columns;
  const down = (place / windows.kernelWidth) * windows.dilationHeight;
  const along = (place % windows.kernelWidth) * windows.dilationWidth;
  const row = i * windows.strideHeight - windows.paddingHeight + down;
  const column = j * windows.strideWidth - windows.paddingWidth + along;
  // Below 0 is beyond all others without a sign.
  if (<u32>row >= <u32>windows.height || <u32>column >= <u32>windows.width) return 0;
  const pixel = row * windows.width + column;
  const count = windows.height * windows.width;
  if (windows.ofImages === 0) {
    return vectorInTiles(windows.x, image * count + pixel, windows.channels, width);
  }
  const start = vectorInTiles(windows.x, image, windows.channels * count, width);
  return start + ((<usize>pixel * <usize>width) << 2);
}
