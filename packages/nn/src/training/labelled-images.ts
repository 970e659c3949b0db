import { PapilioError } from "@papilio/butterfly";
import { requireArray, requireObject, requireWhole } from "@papilio/butterfly/errors";

/** Images and their classes. */
export interface LabelledImages {
  /** One after another, `[channels, height, width]` each. */
  readonly images: Float32Array;
  readonly labels: Uint32Array;
}

/**
 * Some of the images and their labels, by their numbers, in that order: copies.
 *
 * @param examples numbers from 0 to below that of the labels
 * @throws PapilioError `OPTION_INVALID`, `ARRAY_TYPE`; `INDEX_RANGE` for a number that no image has; `INPUT_LENGTH` for
 *   images that do not all have as many numbers
 */
export function pickImages(
  data: LabelledImages,
  examples: Uint32Array,
): LabelledImages & { readonly labels: Uint32Array<ArrayBuffer> } {
  requireObject("The images", data, "LabelledImages");
  requireArray("The labels", data.labels, "Uint32Array");
  const count = data.labels.length;
  requireArray("The images", data.images, "Float32Array");
  const each = Math.floor(data.images.length / Math.max(1, count));
  requireLabelled("examples", data, each);
  requireArray("The examples", examples, "Uint32Array");
  const unknown = examples.find((example) => example >= count);
  if (unknown !== undefined) {
    throw new PapilioError(
      "INDEX_RANGE",
      `Image ${unknown} is asked for, and images are from 0 to ${count - 1}.`,
      "Give the numbers of images that there are.",
    );
  }
  return picked(data, each, examples);
}

/** The same of what was checked, of `each` numbers an image. */
export function picked(
  { images, labels }: LabelledImages,
  each: number,
  examples: Uint32Array,
): { readonly images: Float32Array<ArrayBuffer>; readonly labels: Uint32Array<ArrayBuffer> } {
  const some = pickedRows(images, each, examples);
  return { images: some, labels: Uint32Array.from(examples, (at) => labels[at] as number) };
}

/** Rows of `each` numbers, by their numbers. */
export function pickedRows<A extends Float32Array | Uint32Array>(
  values: A,
  each: number,
  rows: Uint32Array,
): A extends Float32Array ? Float32Array<ArrayBuffer> : Uint32Array<ArrayBuffer>;
export function pickedRows(
  values: Float32Array | Uint32Array,
  each: number,
  rows: Uint32Array,
): Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
  const length = rows.length * each;
  const some = values instanceof Uint32Array ? new Uint32Array(length) : new Float32Array(length);
  for (const [at, row] of rows.entries()) {
    some.set(values.subarray(row * each, (row + 1) * each), at * each);
  }
  return some;
}

/** @throws PapilioError `OPTION_INVALID`, `ARRAY_TYPE`, `INPUT_LENGTH` */
export function requireLabelled(name: string, data: LabelledImages, each: number): void {
  requireObject(`The images for ${name}`, data, "LabelledImages");
  requireArray(`The images for ${name}`, data.images, "Float32Array");
  requireArray(`The labels for ${name}`, data.labels, "Uint32Array");
  requireWhole(`The number of labels for ${name}`, data.labels.length, 1);
  if (data.images.length === each * data.labels.length) return;
  throw new PapilioError(
    "INPUT_LENGTH",
    `The images for ${name} have ${data.images.length} numbers, and ${data.labels.length} labels of ${each} each.`,
    "Give a label for each image.",
  );
}
