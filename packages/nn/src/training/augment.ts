import { requireArray, requireWhole, wrongArgument } from "@papilio/butterfly/errors";
import { uniform } from "@papilio/butterfly/numeric";
import { type Check, count, flag, listOf, objectOf, optional, whole } from "../arguments/checks.ts";
import { below, seedOf } from "./batches.ts";

/** How images differ each time they are seen. */
export interface Augmentation {
  /** Pixels by which an image is moved at most, along both axes; zeros come in. 0 unless given. */
  readonly shift?: number;
  /** Whether one of two is mirrored, left to right. */
  readonly flip?: boolean;
}

/** Refuses what is not an {@link Augmentation}. */
export const augmentationCheck: Check = objectOf({ shift: optional(count), flip: optional(flag) });

/**
 * Images moved and mirrored at random: as padding with zeros and cropping does it.
 *
 * @param images one after another, `[channels, height, width]` each
 * @param seed of this batch, or any whole number that names it
 * @throws PapilioError `OPTION_INVALID`, `ARRAY_TYPE`
 */
export function augmentImages(
  images: Float32Array,
  shape: readonly [channels: number, height: number, width: number],
  augmentation: Augmentation,
  seed: number,
): Float32Array<ArrayBuffer> {
  requireArray("The images", images, "Float32Array");
  listOf(whole)("The shape of an image", shape);
  augmentationCheck("the augmentation", augmentation);
  requireWhole("The seed", seed, 0);
  const [channels, height, width] = shape;
  const { shift = 0, flip = false } = augmentation;
  const each = channels * height * width;
  if (each < 1 || images.length % each !== 0) {
    throw wrongArgument("The images", `${images.length} numbers`, `images of ${each} each`);
  }
  const next = uniform(seedOf(seed, 0));
  const moved = new Float32Array(images.length);
  for (let image = 0; image < images.length; image += each) {
    const down = below(next, 2 * shift + 1) - shift;
    const right = below(next, 2 * shift + 1) - shift;
    const mirrored = flip && next() < 0;
    for (let channel = 0; channel < channels; channel++) {
      const base = image + channel * height * width;
      for (let y = 0; y < height; y++) {
        const row = y + down;
        if (row < 0 || row >= height) continue;
        for (let x = 0; x < width; x++) {
          const column = (mirrored ? width - 1 - x : x) + right;
          if (column < 0 || column >= width) continue;
          moved[base + y * width + x] = images[base + row * width + column] as number;
        }
      }
    }
  }
  return moved;
}
