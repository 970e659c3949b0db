import type { Image } from "./decode-image.ts";

/** A filter that weighs pixels by their distance, and how far it reaches at the scale of 1. */
interface Filter {
  readonly reach: number;
  readonly weight: (distance: number) => number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Filters by the numbers that Pillow has for them, and preprocessor_config.json. */
const FILTERS: ReadonlyMap<number, Filter> = new Map<number, Filter>([
  [1, { reach: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) }],
  [2, { reach: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) }],
  [3, { reach: 2, weight: (x) => cubic(Math.abs(x)) }],
  [4, { reach: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) }],
  [5, { reach: 1, weight: (x) => hamming(Math.abs(x)) }],
]);

/** Whether there is such a filter: 0 nearest, 1 Lanczos, 2 bilinear, 3 bicubic, 4 box, 5 Hamming. */
export function isFilter(resample: number): boolean {
  return resample === 0 || FILTERS.has(resample);
}

/**
 * An image of another size, as Pillow's `Image.resize` makes it: first along the rows, then along the
 * columns, rounded to bytes each time; filters reach as much further as the image becomes smaller.
 *
 * Source: Pillow, Resample.c.
 */
export function resize(image: Image, width: number, height: number, resample: number): Image {
  const filter = FILTERS.get(resample);
  if (filter === undefined) return nearest(image, width, height);
  const wide = width === image.width ? image : resizeRows(image, width, filter);
  if (height === image.height) return wide;
  return transpose(resizeRows(transpose(wide), height, filter));
}

function resizeRows({ width, height, data }: Image, size: number, filter: Filter): Image {
  const scale = width / size;
  const stretch = Math.max(scale, 1);
  const resized = new Uint8Array(3 * size * height);
  for (let x = 0; x < size; x++) {
    const center = (x + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - filter.reach * stretch + 0.5));
    const end = Math.min(width, Math.trunc(center + filter.reach * stretch + 0.5));
    const weights = Array.from({ length: end - first }, (_, index) =>
      filter.weight((first + index - center + 0.5) / stretch),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let y = 0; y < height; y++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (const [index, weight] of weights.entries()) {
          sum += weight * (data[3 * (y * width + first + index) + channel] as number);
        }
        const value = Math.floor(sum / total + 0.5);
        resized[3 * (y * size + x) + channel] = Math.min(255, Math.max(0, value));
      }
    }
  }
  return { width: size, height, data: resized };
}

function nearest(image: Image, width: number, height: number): Image {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.trunc(((y + 0.5) * image.height) / height);
    for (let x = 0; x < width; x++) {
      const column = Math.trunc(((x + 0.5) * image.width) / width);
      const from = 3 * (row * image.width + column);
      data.set(image.data.subarray(from, from + 3), 3 * (y * width + x));
    }
  }
  return { width, height, data };
}

function transpose({ width, height, data }: Image): Image {
  const turned = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        turned[3 * (x * height + y) + channel] = data[3 * (y * width + x) + channel] as number;
      }
    }
  }
  return { width: height, height: width, data: turned };
}

/** Keys' cubic with a slope of -1/2. */
function cubic(x: number): number {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

function hamming(x: number): number {
  return x < 1 ? sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x)) : 0;
}
