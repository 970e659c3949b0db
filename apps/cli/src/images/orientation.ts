import type { Image } from "./decode-image.ts";

const ORIENTATION_TAG = 0x0112;
const EXIF = "Exif\0\0";

/**
 * How a camera was held, by the Exif segment of a JPEG image: 1 to 8, and 1 where it does not say.
 *
 * Source: Exif 2.3, section 4.6.4, the tag Orientation.
 */
export function orientationOf(jpeg: Uint8Array): number {
  for (let at = 2; at + 4 < jpeg.length && jpeg[at] === 0xff; ) {
    const length = 256 * (jpeg[at + 2] as number) + (jpeg[at + 3] as number);
    if (jpeg[at + 1] === 0xe1) {
      const segment = jpeg.subarray(at + 4, at + 2 + length);
      const isExif = Array.from(EXIF).every((one, index) => segment[index] === one.charCodeAt(0));
      if (isExif) return readOrientation(segment.subarray(EXIF.length));
    }
    // Pixels follow the header of a scan.
    if (jpeg[at + 1] === 0xda) break;
    at += 2 + length;
  }
  return 1;
}

function readOrientation(tiff: Uint8Array): number {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (tiff.length < 8) return 1;
  const little = tiff[0] === 0x49;
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return 1;
  const count = view.getUint16(directory, little);
  for (let entry = 0; entry < count; entry++) {
    const at = directory + 2 + 12 * entry;
    if (at + 12 > tiff.length) return 1;
    if (view.getUint16(at, little) !== ORIENTATION_TAG) continue;
    const orientation = view.getUint16(at + 8, little);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  }
  return 1;
}

/** The image as it was seen: turned and mirrored by its orientation. */
export function upright(image: Image, orientation: number): Image {
  if (orientation === 1) return image;
  const turned = orientation >= 5;
  const [width, height] = turned ? [image.height, image.width] : [image.width, image.height];
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const data = new Uint8Array(image.data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = turned ? [y, x] : [x, y];
      const column = fromRight ? image.width - 1 - u : u;
      const row = fromBottom ? image.height - 1 - v : v;
      const from = 3 * (row * image.width + column);
      data.set(image.data.subarray(from, from + 3), 3 * (y * width + x));
    }
  }
  return { width, height, data };
}
