import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { PapilioError } from "@papilio/butterfly";
import { readIdx } from "@papilio/nn/training";
import { readBytes } from "../files/input-file.ts";
import { decodeImage, isImage } from "../images/decode-image.ts";
import { preprocess } from "../images/preprocessing.ts";
import { arrayOf } from "../models/array-file.ts";

/** Images of one size, and their classes. */
export interface ImageData {
  readonly shape: readonly [channels: number, height: number, width: number];
  readonly images: Float32Array;
  readonly labels: Uint32Array;
  /** What classes are called; numbers where nothing says it. */
  readonly names: readonly string[];
}

export interface ImageOptions {
  /** To which images in folders are resized. */
  readonly size: number;
  /** The file with the labels of an IDX file. */
  readonly labels: string | undefined;
}

/** Numbers of all images, and images in a folder, at most. */
const [MOST_NUMBERS, MOST_FILES] = [2 ** 29, 2 ** 20];

/**
 * Images of a folder that has one of each class, of an IDX file, or of lines with pixels and a label.
 *
 * @param path a folder, or a file
 * @throws PapilioError `DATA_INVALID`, `INPUT_UNREADABLE`; what decoding an image throws
 */
export async function readImages(path: string, options: ImageOptions): Promise<ImageData> {
  if ((await stat(path).catch(() => undefined))?.isDirectory()) {
    return readClassFolders(path, options.size);
  }
  const bytes = await readBytes(path);
  if (bytes[0] === 0 && bytes[1] === 0) return readIdxImages(path, bytes, options.labels);
  return readLines(path, bytes);
}

async function readClassFolders(folder: string, size: number): Promise<ImageData> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .toSorted();
  const files: [file: string, label: number][] = [];
  for (const [label, name] of names.entries()) {
    for (const file of (await readdir(join(folder, name))).toSorted()) {
      if (/\.(png|jpe?g)$/i.test(file)) files.push([join(folder, name, file), label]);
    }
  }
  const each = 3 * size * size;
  if (names.length < 2 || files.length === 0 || files.length > MOST_FILES) {
    throw invalid(
      folder,
      `it has ${files.length} PNG and JPEG images in ${names.length} folders`,
      "Give a folder that has a folder of images for each class, two at least.",
    );
  }
  requireNumbers(folder, files.length * each);
  const images = new Float32Array(files.length * each);
  for (const [at, [file]] of files.entries()) {
    const bytes = await readBytes(file);
    if (!isImage(bytes)) throw invalid(file, "it is no PNG and no JPEG image", "Leave it out.");
    images.set(preprocess(decodeImage(file, bytes), preprocessing(size)).values, at * each);
  }
  const labels = Uint32Array.from(files, ([, label]) => label);
  return { shape: [3, size, size], images, labels, names };
}

/** Images of any size become this one, from -1 to 1: what `readPreprocessing` reads from {@link preprocessorConfig}. */
function preprocessing(size: number): Parameters<typeof preprocess>[1] {
  const half = [0.5, 0.5, 0.5];
  const sizes = { size: [size, size], resample: 2, crop: undefined } as const;
  return { ...sizes, scale: 1 / 255, mean: half, deviation: half };
}

async function readIdxImages(
  path: string,
  bytes: Uint8Array,
  labelsFile: string | undefined,
): Promise<ImageData> {
  const { shape, values } = readIdx(bytes);
  const [count = 0, height = 0, width = 0] = shape;
  const found = labelsFile ?? path.replace("images-idx3", "labels-idx1");
  if (shape.length !== 3 || found === path) {
    throw invalid(
      path,
      "it has no images, or nothing says where their labels are",
      "Give images [n, height, width], and --labels with their labels.",
    );
  }
  const { shape: counts, values: classes } = readIdx(await readBytes(found));
  requireNumbers(path, values.length);
  if (counts.length !== 1 || counts[0] !== count || count === 0) {
    throw invalid(
      found,
      `it has ${counts[0]} labels for ${count} images`,
      "Give the labels of these images.",
    );
  }
  const images = Float32Array.from(values, (byte) => byte / 127.5 - 1);
  return { shape: [1, height, width], images, ...labelsOf(found, classes) };
}

/** Pixels and then a label in each line. */
function readLines(path: string, bytes: Uint8Array): ImageData {
  const { shape, values } = arrayOf(path, bytes);
  const [count = 0, columns = 0] = shape;
  const pixels = columns - 1;
  const side = Math.sqrt(pixels);
  if (shape.length !== 2 || !Number.isInteger(side) || side < 1) {
    throw invalid(
      path,
      `lines of ${columns} numbers are not the pixels of a square and a label`,
      "Give a line for each image: its pixels, row by row, and its class as the last number.",
    );
  }
  const images = new Float32Array(count * pixels);
  const labels = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    const from = row * columns;
    images.set(values.subarray(from, from + pixels), row * pixels);
    labels[row] = values[from + pixels] as number;
  }
  return { shape: [1, side, side], images, ...labelsOf(path, labels) };
}

function labelsOf(
  file: string,
  classes: ArrayLike<number>,
): { readonly labels: Uint32Array; readonly names: readonly string[] } {
  let most = 0;
  for (let at = 0; at < classes.length; at++) {
    const label = classes[at] as number;
    if (!Number.isInteger(label) || label < 0 || label >= MOST_FILES) {
      throw invalid(
        file,
        `the label of image ${at} is ${label}`,
        `Give whole numbers from 0 to ${MOST_FILES - 1}.`,
      );
    }
    most = Math.max(most, label);
  }
  const names = Array.from({ length: most + 1 }, (_, label) => String(label));
  return { labels: Uint32Array.from(classes), names };
}

function requireNumbers(file: string, numbers: number): void {
  if (numbers > 0 && numbers <= MOST_NUMBERS) return;
  throw invalid(
    file,
    `its images have ${numbers} numbers`,
    `Give at most ${MOST_NUMBERS}: fewer images, or smaller ones.`,
  );
}

function invalid(file: string, problem: string, fix: string): PapilioError {
  return new PapilioError("DATA_INVALID", `${file} cannot be trained on: ${problem}.`, fix);
}
