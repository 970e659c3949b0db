import {
  requireArray,
  requireFloats,
  requireObject,
  requireOneOf,
} from "../errors/argument-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { requireSizes, type Sizes } from "./few-bits-groups.ts";
import type { FloatArray } from "./float-array.ts";

/** Widths of bipolar numbers. */
export const BIPOLAR_BITS = [1, 2, 3, 4] as const;
export type BipolarBits = (typeof BIPOLAR_BITS)[number];

/** Values rounded to bipolar numbers, a scale for each row along `c`. */
export interface BipolarValues {
  readonly bits: BipolarBits;
  /** `[a, b, c, d]` */
  readonly shape: Sizes;
  /** Odd, from `-(2^bits - 1)` to `2^bits - 1`, in the order of the values. */
  readonly numbers: Int8Array<ArrayBuffer>;
  /** `[a, b, d]` */
  readonly scales: Float32Array<ArrayBuffer>;
}

/**
 * Rounds each row along `c` to bipolar numbers of one scale: a bit `k` of a number adds or subtracts `2^k`. The scale
 * is the largest magnitude of the row over `2^bits`, at which no value is off by more than the scale. The bits are
 * found from the highest on, in float32, each by the sign of what the higher ones leave.
 *
 * Vectors are rounded by the same rule, block by block of a pattern `(a, b, c, d)`: batch-first as values of shape
 * `[batch * a, 1, c, d]`, batch-last as `[a, 1, c, d * batch]`.
 *
 * Source of the numbers: arXiv 2409.17870.
 *
 * @param values `[a, b, c, d]` row-major, which are rounded to float32 first
 * @throws PapilioError `VALUES_LENGTH`, `ARRAY_TYPE`, `OPTION_INVALID`; `VALUE_RANGE` for a value that is not finite in
 *   float32
 */
export function roundBipolar(values: FloatArray, shape: Sizes, bits: BipolarBits): BipolarValues {
  requireFloats("The values", values);
  requireOneOf("The number of bits", bits, BIPOLAR_BITS);
  requireSizes(shape);
  const [a, b, c, d] = shape;
  requireCount(values.length, a * b * c * d, shape);
  const numbers = new Int8Array(values.length);
  const scales = new Float32Array(a * b * d);
  for (let row = 0; row < a * b; row++) {
    for (let k = 0; k < d; k++) {
      const first = row * c * d + k;
      const end = first + c * d;
      let largest = 0;
      for (let at = first; at < end; at += d) {
        const magnitude = Math.abs(Math.fround(values[at] as number));
        if (!Number.isFinite(magnitude)) throw notFinite(values[at] as number);
        largest = Math.max(largest, magnitude);
      }
      const scale = Math.fround(largest / 2 ** bits);
      scales[row * d + k] = scale;
      for (let at = first; at < end; at += d) {
        numbers[at] = numberOf(Math.fround(values[at] as number), scale, bits);
      }
    }
  }
  return { bits, shape, numbers, scales };
}

function numberOf(value: number, scale: number, bits: BipolarBits): number {
  let [rest, number] = [value, 0];
  for (let bit = 2 ** (bits - 1); bit >= 1; bit /= 2) {
    const sign = rest >= 0 ? 1 : -1;
    number += sign * bit;
    rest = Math.fround(rest - sign * bit * scale);
  }
  return number;
}

/**
 * What the numbers stand for, exactly.
 *
 * @returns `[a, b, c, d]`
 * @throws PapilioError `VALUES_LENGTH`, `ARRAY_TYPE`, `OPTION_INVALID`
 */
export function bipolarToFloats(rounded: BipolarValues): Float64Array<ArrayBuffer> {
  requireBipolar(rounded);
  const { shape, numbers, scales } = rounded;
  const [, , c, d] = shape;
  return Float64Array.from(numbers, (number, at) => {
    const row = Math.floor(at / (c * d));
    return number * (scales[row * d + (at % d)] as number);
  });
}

/** @throws PapilioError `VALUES_LENGTH`, `ARRAY_TYPE`, `OPTION_INVALID` */
export function requireBipolar(rounded: BipolarValues): void {
  requireObject("The values", rounded, "bipolar values", "bits", "shape", "numbers", "scales");
  const { bits, shape, numbers, scales } = rounded;
  requireOneOf("The number of bits", bits, BIPOLAR_BITS);
  requireSizes(shape);
  requireArray("The numbers", numbers, "Int8Array");
  requireArray("The scales", scales, "Float32Array");
  const [a, b, c, d] = shape;
  requireCount(numbers.length, a * b * c * d, shape);
  requireCount(scales.length, a * b * d, shape, "scales");
}

function requireCount(count: number, wanted: number, shape: Sizes, what = "values"): void {
  if (count === wanted) return;
  throw new PapilioError(
    "VALUES_LENGTH",
    `The shape [${shape.join(", ")}] has ${wanted} ${what}, but ${count} are given.`,
    `Pass ${wanted} ${what}.`,
  );
}

function notFinite(value: number): PapilioError {
  return new PapilioError(
    "VALUE_RANGE",
    `The values have ${value}, and bipolar numbers have a scale in float32.`,
    "Give finite values that float32 holds.",
  );
}
