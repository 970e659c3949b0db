import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import type { Image } from "./decode-image.ts";
import { isFilter, resize } from "./resize.ts";

/** What becomes of an image before a model sees it. */
export interface Preprocessing {
  /** `[height, width]`, or the length of the shorter side; absent where nothing is resized. */
  readonly size: readonly [number, number] | number | undefined;
  /** Number of Pillow's filter. */
  readonly resample: number;
  /** `[height, width]` out of the middle. */
  readonly crop: readonly [number, number] | undefined;
  /** What bytes are multiplied by. */
  readonly scale: number;
  /** Of red, green and blue, once scaled. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Pixels on a side, at most. */
const MOST_SIZE = 4096;

type Fields = Readonly<Record<string, unknown>>;

/**
 * What a preprocessor_config.json says, which lies beside a vision transformer. Without one, images get
 * the size of the model and are normalized to -1 to 1, as ViT is by default.
 *
 * Source: `ViTImageProcessor` of transformers, and its defaults.
 *
 * @param config what the file holds, parsed; undefined without one
 * @param imageSize `image_size` of the model's config.json, for what the file does not say
 * @throws PapilioError `CONFIG_INVALID`
 */
export function readPreprocessing(config: unknown, imageSize: unknown): Preprocessing {
  const fields = config === undefined ? {} : objectOf("The whole", config);
  const flag = (name: string, otherwise: boolean): boolean => {
    const value = fields[name] ?? otherwise;
    return typeof value === "boolean" ? value : invalid(name, value, "true or false");
  };
  const resample = fields.resample ?? 2;
  if (typeof resample !== "number" || !isFilter(resample)) {
    invalid("resample", resample, "a number from 0 to 5");
  }
  const factor = fields.rescale_factor ?? 1 / 255;
  if (typeof factor !== "number") invalid("rescale_factor", factor, "a number");
  const normalized = flag("do_normalize", true);
  const triple = (name: string, otherwise: number): readonly number[] => {
    const value = normalized ? (fields[name] ?? [0.5, 0.5, 0.5]) : Array(3).fill(otherwise);
    const numbers = Array.isArray(value) && value.length === 3 ? value : [];
    const fits = numbers.every((one) => typeof one === "number" && (otherwise === 0 || one > 0));
    return numbers.length === 3 && fits ? numbers : invalid(name, value, "three numbers");
  };
  return {
    size: flag("do_resize", true) ? sizeOf("size", fields.size ?? imageSize ?? 224) : undefined,
    resample: resample as number,
    crop: flag("do_center_crop", false)
      ? both(sizeOf("crop_size", fields.crop_size ?? imageSize ?? 224))
      : undefined,
    scale: flag("do_rescale", true) ? (factor as number) : 1,
    mean: triple("image_mean", 0),
    deviation: triple("image_std", 1),
  };
}

/** Numbers of an image as a model takes them, `[3, height, width]`. Throws `INPUT_SHAPE`. */
export function preprocess(
  image: Image,
  { size, resample, crop, scale, mean, deviation }: Preprocessing,
): { readonly shape: readonly [number, number, number]; readonly values: Float64Array } {
  const resized = size === undefined ? image : resizeTo(image, size, resample);
  const { width, height, data } = crop === undefined ? resized : cropTo(resized, crop);
  const pixels = width * height;
  const values = Float64Array.from({ length: 3 * pixels }, (_, index) => {
    const channel = Math.floor(index / pixels);
    const byte = data[3 * (index % pixels) + channel] as number;
    return (scale * byte - (mean[channel] as number)) / (deviation[channel] as number);
  });
  return { shape: [3, height, width], values };
}

function resizeTo(image: Image, size: readonly [number, number] | number, resample: number): Image {
  if (typeof size !== "number") return resize(image, size[1], size[0], resample);
  const { width, height } = image;
  const long = Math.floor((size * Math.max(width, height)) / Math.min(width, height));
  if (long > MOST_SIZE) {
    throw new PapilioError(
      "INPUT_SHAPE",
      `An image of ${width} x ${height} would be ${long} pixels long.`,
      "Give an image that is less narrow.",
    );
  }
  return width <= height
    ? resize(image, size, long, resample)
    : resize(image, long, size, resample);
}

function cropTo(image: Image, [height, width]: readonly [number, number]): Image {
  const top = Math.floor((image.height - height) / 2);
  const left = Math.floor((image.width - width) / 2);
  if (top < 0 || left < 0) {
    throw new PapilioError(
      "INPUT_SHAPE",
      `An image of ${image.width} x ${image.height} has no middle of ${width} x ${height}.`,
      "Give a larger image.",
    );
  }
  const data = new Uint8Array(3 * width * height);
  for (let row = 0; row < height; row++) {
    const from = 3 * ((top + row) * image.width + left);
    data.set(image.data.subarray(from, from + 3 * width), 3 * row * width);
  }
  return { width, height, data };
}

/** One size for both sides, `[height, width]`, `{ height, width }`, or `{ shortest_edge }`. */
function sizeOf(name: string, value: unknown): readonly [number, number] | number {
  if (typeof value === "number") return both(pixels(name, value));
  if (Array.isArray(value) && value.length === 2) {
    return [pixels(name, value[0]), pixels(name, value[1])];
  }
  const { height, width, shortest_edge: shortest } = objectOf(name, value);
  if (shortest !== undefined && height === undefined) return pixels(name, shortest);
  return [pixels(`${name}.height`, height), pixels(`${name}.width`, width)];
}

function both(size: readonly [number, number] | number): readonly [number, number] {
  return typeof size === "number" ? [size, size] : size;
}

function pixels(name: string, value: unknown): number {
  const fits = Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_SIZE;
  return fits ? (value as number) : invalid(name, value, `a whole number from 1 to ${MOST_SIZE}`);
}

function objectOf(name: string, value: unknown): Fields {
  const fits = typeof value === "object" && value !== null && !Array.isArray(value);
  return fits ? (value as Fields) : invalid(name, value, "an object");
}

function invalid(name: string, value: unknown, wanted: string): never {
  throw new PapilioError(
    "CONFIG_INVALID",
    `${name} of preprocessor_config.json is ${describeValue(value)}, but it must be ${wanted}.`,
    "Pass the preprocessor_config.json that came with the model, as it is.",
  );
}
