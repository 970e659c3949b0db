import { inflateSync } from "node:zlib";
import { PapilioError } from "@papilio/butterfly";
import { fileKind } from "@papilio/butterfly/files";
import jpeg from "jpeg-js";
import { PNG } from "pngjs";
import { orientationOf, upright } from "./orientation.ts";

/** Pixels of red, green and blue, a byte each, row by row from the top. */
export interface Image {
  readonly width: number;
  readonly height: number;
  /** `[height, width, 3]`. */
  readonly data: Uint8Array;
}

/** Pixels of any image, at most, and how many more for each byte of its file. */
const [MOST_PIXELS, MOST_RATIO] = [2 ** 22, 64];
/** Scans of a progressive JPEG, each of which passes over all pixels; ten are usual. */
const MOST_SCANS = 100;
/** Memory of the JPEG decoder: for its tables, and for each pixel. */
const [DECODER_BYTES, PIXEL_BYTES] = [2 ** 24, 64];

/** Whether a file is an image that is decoded here. */
export function isImage(bytes: Uint8Array): boolean {
  return ["png", "jpeg"].includes(fileKind(bytes)?.id ?? "");
}

/**
 * Decodes a PNG or JPEG image: of any color type and depth, interlaced or progressive, upright as its
 * camera says. Transparency is left out, as in `Image.convert("RGB")` of Pillow.
 *
 * @param file its name, for messages
 * @throws PapilioError `IMAGE_INVALID` for a damaged one, `IMAGE_TOO_LARGE` for more pixels than are in
 *   proportion to the file, before they are decoded
 */
export function decodeImage(file: string, bytes: Uint8Array): Image {
  const most = MOST_PIXELS + MOST_RATIO * bytes.length;
  try {
    return fileKind(bytes)?.id === "png"
      ? decodePng(file, bytes, most)
      : decodeJpeg(file, bytes, most);
  } catch (cause) {
    if (cause instanceof PapilioError) throw cause;
    throw new PapilioError(
      "IMAGE_INVALID",
      `The image ${file} cannot be decoded: ${(cause as Error).message}.`,
      "Copy or download it again, or convert it with another program.",
      { cause },
    );
  }
}

function decodePng(file: string, bytes: Uint8Array, most: number): Image {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // The header is the first chunk, always.
  if (buffer.length < 33) throw new Error("it ends within its header");
  const [width, height] = [buffer.readUInt32BE(16), buffer.readUInt32BE(20)];
  requirePixels(file, width, height, most);
  const channels = ({ 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as Readonly<Record<number, number>>)[
    buffer[25] as number
  ];
  if (channels === undefined) throw new Error(`there is no color type ${buffer[25]}`);
  // Passes of an interlaced image have up to seven times as many lines, each with a byte before it.
  const bits = channels * (buffer[24] as number);
  assertInflates(buffer, Math.ceil((width * height * bits) / 8) + 16 * (height + 8));
  const { data } = PNG.sync.read(buffer);
  return { width, height, data: withoutAlpha(data, width * height) };
}

/** A few bytes may inflate to gigabytes, and the decoder would let them where an image is interlaced. */
function assertInflates(buffer: Buffer, most: number): void {
  const pieces: Buffer[] = [];
  for (let at = 8; at + 12 <= buffer.length; ) {
    const length = buffer.readUInt32BE(at);
    const type = buffer.toString("latin1", at + 4, at + 8);
    if (type === "IDAT") pieces.push(buffer.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  inflateSync(Buffer.concat(pieces), { maxOutputLength: most });
}

function decodeJpeg(file: string, bytes: Uint8Array, most: number): Image {
  const [width, height] = jpegSize(bytes);
  requirePixels(file, width, height, most);
  const { data, ...decoded } = jpeg.decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: most / 1e6,
    maxMemoryUsageInMB: (DECODER_BYTES + PIXEL_BYTES * width * height) / 2 ** 20,
  });
  const image = { width: decoded.width, height: decoded.height, data };
  return upright(image, orientationOf(bytes));
}

/** Sizes in the header of the frame; the scans after it are counted. */
function jpegSize(bytes: Uint8Array): readonly [width: number, height: number] {
  let found: readonly [number, number] | undefined;
  let scans = 0;
  for (let at = 2; at + 9 < bytes.length; at++) {
    // Within the data of a scan, a byte of 255 that is not a marker is followed by 0.
    if (bytes[at] !== 0xff) continue;
    const marker = bytes[at + 1] as number;
    const word = (offset: number): number =>
      256 * (bytes[at + offset] as number) + (bytes[at + offset + 1] as number);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) found ??= [word(7), word(5)];
    if (marker === 0xda && ++scans > MOST_SCANS) {
      throw new Error(`it has more than ${MOST_SCANS} scans`);
    }
    // Segments say how long they are: what is in them may look like a marker.
    if (isFrame || marker === 0xda || marker === 0xc4 || (marker >= 0xdb && marker <= 0xfe)) {
      at += 1 + word(2);
    }
  }
  if (found !== undefined) return found;
  throw new Error("it has no header of a frame");
}

function requirePixels(file: string, width: number, height: number, most: number): void {
  if (width * height === 0) throw new Error(`it has ${width} x ${height} pixels`);
  if (width * height <= most) return;
  throw new PapilioError(
    "IMAGE_TOO_LARGE",
    `The image ${file} has ${width} x ${height} pixels, more than the ${most} that its size allows.`,
    "Make it smaller with another program.",
  );
}

function withoutAlpha(rgba: Uint8Array, pixels: number): Uint8Array {
  const data = new Uint8Array(3 * pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      data[3 * pixel + channel] = rgba[4 * pixel + channel] as number;
    }
  }
  return data;
}
