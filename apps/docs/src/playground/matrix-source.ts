import { PapilioError } from "@papilio/butterfly";
import { npyValues, readNpy } from "@papilio/butterfly/files";
import type {} from "./error-codes.ts";
import { matrixOf } from "./formula.ts";

/** A square matrix to factorize. */
export interface Matrix {
  readonly name: string;
  readonly n: number;
  readonly dense: Float64Array;
}

/** Formulas to begin with. */
export const FORMULAS: readonly (readonly [name: string, formula: string])[] = [
  ["smooth kernel", "1 / (1 + abs(i - j))"],
  ["Gaussian kernel", "exp(-((i - j) / 8)^2)"],
  ["cosine transform", "cos(pi * (2 * j + 1) * i / (2 * n))"],
  ["waves", "sin(i * j / n) + cos((i - j) / 5)"],
  ["a disc", "((i - n / 2)^2 + (j - n / 2)^2) < (n / 3)^2"],
  ["noise", "sin(12.9898 * i + 78.233 * j) * 43758.5453 % 1"],
];

export const SIZES: readonly number[] = [16, 32, 64, 128];

/** Largest side of a matrix that a page factorizes. */
const MOST = 256;

/** @throws PapilioError `FORMULA_SYNTAX`; `MATRIX_NOT_FINITE` when some entry is not a number */
export function fromFormula(formula: string, n: number): Matrix {
  const dense = matrixOf(formula, n);
  const index = dense.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) {
    throw new PapilioError(
      "MATRIX_NOT_FINITE",
      `The formula is ${dense[index]} at row ${Math.floor(index / n)}, column ${index % n}.`,
      "Give one that is a number everywhere.",
    );
  }
  return { name: formula, n, dense };
}

/**
 * The matrix of an npy file, its upper left square of an even size up to 256.
 *
 * @throws PapilioError what `readNpy` throws; `PLAYGROUND_FILE` unless it is a matrix of 4 x 4 or more
 */
export function fromNpy(name: string, bytes: Uint8Array): Matrix {
  const file = readNpy(bytes);
  const [rows = 0, cols = 0] = file.shape;
  const n = side(Math.min(rows, cols));
  if (file.shape.length !== 2 || n < 4) {
    throw new PapilioError(
      "PLAYGROUND_FILE",
      `The array in ${name} has the shape ${file.shape.join(" x ")}.`,
      "Give a matrix of 4 rows and 4 columns or more.",
    );
  }
  const values = npyValues(file, "float64");
  if (!ArrayBuffer.isView(values)) {
    throw new PapilioError(
      "PLAYGROUND_FILE",
      `The matrix in ${name} is complex.`,
      "Give a real one, or use factorize in a program.",
    );
  }
  const dense = Float64Array.from(
    { length: n * n },
    (_, index) => values[Math.floor(index / n) * cols + (index % n)] as number,
  );
  return { name: `${name}, ${rows} x ${cols}`, n, dense };
}

/** The brightness of an image's pixels, from 0 to 1, of a square of `n × n` of them. */
export function fromPixels(name: string, pixels: Uint8ClampedArray, n: number): Matrix {
  const dense = Float64Array.from({ length: n * n }, (_, index) => {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(4 * index, 4 * index + 3);
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
  });
  return { name, n, dense };
}

/** The largest size up to `length` and 256 that has many divisors. */
export function side(length: number): number {
  const most = Math.min(MOST, length);
  if (most >= 64) return most - (most % 16);
  return most - (most % 4);
}

/** A matrix as grey pixels, `[n, n, 4]`, from its least value, black, to its largest. */
export function toPixels(
  dense: Float64Array,
  [least, most]: readonly [number, number],
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * dense.length);
  const span = most > least ? most - least : 1;
  dense.forEach((value, index) => {
    pixels.fill((255 * (value - least)) / span, 4 * index, 4 * index + 3);
    pixels[4 * index + 3] = 255;
  });
  return pixels;
}

/** Least and largest value. */
export function rangeOf(dense: Float64Array): [number, number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of dense) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}
