/** Windows that slide over images. */
import { tileWidth, vectorInTiles } from "./layout";

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

/** Where a window begins. */
@unmanaged
class Place {
  /** Of the first pixel, which may be in the padding. */
  row: i32;
  column: i32;
  /** The first vector of the image; where a vector is all of it, the address of that. */
  image: usize;
}

/** The pixels at one place of four windows of a tile. */
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
  /** Width of the tiles of x. */
  width: i32;
}

/** Memory for the pixels of a tile: a {@link FourPixels}, and 16 places, in whole lines. */
export const WINDOWS_BYTES: usize = 256;

export function vectorsOf(windows: Windows): i32 {
  return windows.images * windows.rows * windows.columns;
}

/**
 * Notes where the windows of a tile of y begin, of which the last stands in for those that are not there.
 *
 * @param scratch memory for what is returned, and for 16 windows behind it
 */
export function windowsOfTile(windows: Windows, tile: i32, scratch: usize): FourPixels {
  const pixels = changetype<FourPixels>(scratch);
  const count = windows.height * windows.width;
  const isWhole = windows.ofImages !== 0;
  pixels.width = tileWidth(isWhole ? windows.images : windows.images * count);
  const vectors = vectorsOf(windows);
  const width = tileWidth(vectors);
  const ofImage = windows.rows * windows.columns;
  // A single window is four times the same.
  for (let lane = 0; lane < max(4, width); lane++) {
    const window = min(tile * width + lane, vectors - 1);
    const image = window / ofImage;
    const place = placeOf(scratch, lane);
    place.row = ((window % ofImage) / windows.columns) * windows.strideHeight;
    place.row -= windows.paddingHeight;
    place.column = (window % windows.columns) * windows.strideWidth - windows.paddingWidth;
    place.image = isWhole
      ? vectorInTiles(windows.x, image, windows.channels * count, pixels.width)
      : <usize>(image * count);
  }
  const apart = isWhole ? count : 1;
  pixels.step = <usize>apart * ((<usize>pixels.width) << 2);
  return pixels;
}

/** Finds the pixels at row `p` and column `q` of four windows, from that of a lane on. */
export function findPixels(windows: Windows, pixels: FourPixels, lane: i32, p: i32, q: i32): void {
  const down = p * windows.dilationHeight;
  const along = q * windows.dilationWidth;
  const a = addressOf(windows, pixels, lane, down, along);
  const b = addressOf(windows, pixels, lane + 1, down, along);
  const c = addressOf(windows, pixels, lane + 2, down, along);
  const d = addressOf(windows, pixels, lane + 3, down, along);
  const any = a !== 0 ? a : b !== 0 ? b : c !== 0 ? c : d;
  pixels.a = a !== 0 ? a : any;
  pixels.b = b !== 0 ? b : any;
  pixels.c = c !== 0 ? c : any;
  pixels.d = d !== 0 ? d : any;
  pixels.inside =
    <i32>(a !== 0) | ((<i32>(b !== 0)) << 1) | ((<i32>(c !== 0)) << 2) | ((<i32>(d !== 0)) << 3);
}

/** All bits of the lanes whose pixel is in its image. */
export function insideLanes(pixels: FourPixels): v128 {
  const bits = v128.and(i32x4.splat(pixels.inside), i32x4(1, 2, 4, 8));
  return i32x4.ne(bits, i32x4.splat(0));
}

/** Where the first channel of a pixel is; 0 for none. */
function addressOf(windows: Windows, pixels: FourPixels, lane: i32, down: i32, along: i32): usize {
  const place = placeOf(changetype<usize>(pixels), lane);
  const row = place.row + down;
  const column = place.column + along;
  // Below 0 is beyond all others without a sign.
  if (<u32>row >= <u32>windows.height || <u32>column >= <u32>windows.width) return 0;
  const pixel = row * windows.width + column;
  if (windows.ofImages !== 0) return place.image + ((<usize>(pixel * pixels.width)) << 2);
  const vector = <i32>place.image + pixel;
  return vectorInTiles(windows.x, vector, windows.channels, pixels.width);
}

function placeOf(scratch: usize, lane: i32): Place {
  const places = scratch + offsetof<FourPixels>();
  return changetype<Place>(places + <usize>lane * offsetof<Place>());
}
