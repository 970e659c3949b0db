import {
  requireArray,
  requireFloats,
  requireObject,
  requireOneOf,
  requireWhole,
} from "../errors/argument-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import {
  forEachGroup,
  GROUP,
  groupOf,
  groupsOf,
  SHORT_ROW,
  type Sizes,
} from "./few-bits-groups.ts";
import type { FloatArray } from "./float-array.ts";
import { decodeHalf, fromHalf, toHalf } from "./half-precision.ts";

/**
 * Weights of few bits: a group of them shares a scale in half precision, and each has a code of so many bits.
 * The codes of `q8` and `q4` are whole numbers from `-top` to `top`; those of `q3` and `q2` are bipolar: odd
 * numbers, of which each bit adds or subtracts a power of two, so that none is lost to a zero.
 */
export const FEW_BITS = ["q8", "q4", "q3", "q2"] as const;
export type FewBits = (typeof FEW_BITS)[number];

/** The numbers of codes: code `u` stands for `step * u - offset`. */
export interface CodeGrid {
  readonly bits: number;
  readonly step: 1 | 2;
  readonly offset: number;
  /** The largest number. */
  readonly top: number;
}

/** Source of the bipolar ones: arXiv 2409.17870. */
export const CODE_GRIDS: Readonly<Record<FewBits, CodeGrid>> = {
  q8: { bits: 8, step: 1, offset: 128, top: 127 },
  q4: { bits: 4, step: 1, offset: 8, top: 7 },
  q3: { bits: 3, step: 2, offset: 7, top: 7 },
  q2: { bits: 2, step: 2, offset: 3, top: 3 },
};

/** Values of few bits. */
export interface QuantizedValues {
  readonly dtype: FewBits;
  readonly shape: Sizes;
  /** One of each value, in the order of the values. */
  readonly codes: Uint8Array<ArrayBuffer>;
  /** Bits in half precision, one of each group, `[a, b, c, d]` row-major by the groups along each axis. */
  readonly scales: Uint16Array<ArrayBuffer>;
}

/**
 * The nearest values of few bits: the scale of a group is its largest magnitude over the largest code, rounded to
 * half precision, and each code the nearest, ties to even. A group that stands on the grid of some scale in half
 * precision keeps its values exactly, so that what this or another way of rounding made is left as it is.
 *
 * @param values `[a, b, c, d]` row-major
 * @throws PapilioError `VALUES_LENGTH`, `ARRAY_TYPE`, `OPTION_INVALID`; `VALUE_RANGE` for a value that is not finite, or
 *   whose scale half precision does not hold
 */
export function quantizeValues(values: FloatArray, shape: Sizes, dtype: FewBits): QuantizedValues {
  requireFloats("The values", values);
  requireOneOf("The element type", dtype, FEW_BITS);
  const group = groupOf(shape);
  requireCount(values.length, shape);
  const codes = new Uint8Array(values.length);
  const scales = new Uint16Array(groupsOf(shape, group));
  const [a, b, c, d] = shape;
  if (c >= SHORT_ROW) {
    let index = 0;
    for (let row = 0; row < a * b; row++) {
      for (let l = 0; l < c; l += GROUP) {
        const count = Math.min(GROUP, c - l);
        const first = (row * c + l) * d;
        for (let at = first; at < first + d; at++) {
          scales[index++] = quantizeGroup(values, codes, at, d, count, dtype);
        }
      }
    }
    return { dtype, shape, codes, scales };
  }
  const own = new Float64Array(GROUP);
  const ownCodes = new Uint8Array(GROUP);
  forEachGroup(shape, group, (index, visit) => {
    let count = 0;
    visit((at) => {
      own[count++] = values[at] as number;
    });
    scales[index] = quantizeGroup(own, ownCodes, 0, 1, count, dtype);
    count = 0;
    visit((at) => {
      codes[at] = ownCodes[count++] as number;
    });
  });
  return { dtype, shape, codes, scales };
}

/** Codes of `count` values `step` apart. Returns the bits of their scale. */
function quantizeGroup(
  values: FloatArray,
  codes: Uint8Array,
  first: number,
  step: number,
  count: number,
  dtype: FewBits,
): number {
  const { top, offset, step: codeStep } = CODE_GRIDS[dtype];
  const least = -offset;
  const end = first + count * step;
  let largest = 0;
  for (let at = first; at < end; at += step) {
    const magnitude = Math.abs(values[at] as number);
    if (!(magnitude < Number.POSITIVE_INFINITY)) throw outOfRange(values[at] as number, dtype);
    if (magnitude > largest) largest = magnitude;
  }
  const known = knownScale(values, first, step, end, largest, dtype);
  const bits = known === 0 ? scaleBits(largest / top, dtype) : toHalf(known);
  const scale = fromHalf(bits) || 1; // of zeros alone, any
  for (let at = first; at < end; at += step) {
    const value = (values[at] as number) / scale;
    const clipped = value > top ? top : Math.max(value, least);
    // Codes of a step of 2 are rounded where they are whole numbers.
    codes[at] =
      codeStep === 2
        ? (clipped + offset) / 2 + ROUNDER - ROUNDER
        : clipped + ROUNDER - ROUNDER + offset;
  }
  return bits;
}

/**
 * The scale of a group that other rounding left on the grid, whatever that was, so that it stays as it is: the half by
 * which all values are numbers of the grid, exactly. 0 where there is none.
 */
function knownScale(
  values: FloatArray,
  first: number,
  step: number,
  end: number,
  largest: number,
  dtype: FewBits,
): number {
  if (largest === 0 || !hasFewDigits(largest)) return 0;
  const { offset, top, step: codeStep } = CODE_GRIDS[dtype];
  let lowest = 0;
  for (let at = first; at < end; at += step) {
    const value = values[at] as number;
    if (!hasFewDigits(value)) return 0;
    if (value < lowest) lowest = value;
  }
  const isOfGrid = (scale: number): boolean => {
    for (let at = first; at < end; at += step) {
      const number = (values[at] as number) / scale;
      if (!(number >= -offset && number <= top)) return false;
      if (!Number.isInteger((number + offset) / codeStep)) return false;
    }
    return fromHalf(toHalf(scale)) === scale;
  };
  for (let number = top; number > 0; number -= codeStep) {
    if (isOfGrid(largest / number)) return largest / number;
  }
  // The lowest number of q8 and q4 has no opposite: their scale has the sign that it needs.
  const scale = (lowest === -largest ? largest : -largest) / offset;
  return isOfGrid(scale) ? scale : 0;
}

/** Whether a number has at most the 19 binary digits of a number of a grid times a half. */
function hasFewDigits(value: number): boolean {
  const large = value * SPLITTER;
  return large - (large - value) === value;
}

/**
 * @throws PapilioError `VALUE_RANGE` for a value that is not finite, or so large that half precision does not hold its
 *   scale; `ARRAY_TYPE`
 */
export function requireRoundable(values: FloatArray, dtype: FewBits): void {
  requireFloats("The values", values);
  const most = 65504 * CODE_GRIDS[dtype].top;
  for (const value of values) if (!(Math.abs(value) <= most)) throw outOfRange(value, dtype);
}

/**
 * The bits of a scale in half precision: of one that would be zero, the smallest there is.
 *
 * @throws PapilioError `VALUE_RANGE` for one that it does not hold
 */
function scaleBits(scale: number, dtype: FewBits): number {
  const bits = toHalf(scale);
  if (bits === 0x7c00) throw outOfRange(scale * CODE_GRIDS[dtype].top, dtype);
  return bits === 0 && scale > 0 ? 1 : bits;
}

/** The values that codes and scales stand for, exactly. @throws PapilioError `VALUES_LENGTH`, `OPTION_INVALID` */
export function dequantizeValues(quantized: QuantizedValues): Float32Array<ArrayBuffer> {
  requireQuantized(quantized);
  const { dtype, shape, codes, scales } = quantized;
  const group = groupOf(shape);
  const { step, offset } = CODE_GRIDS[dtype];
  const factors = decodeHalf(scales);
  const values = new Float32Array(codes.length);
  forEachGroup(shape, group, (index, visit) => {
    const scale = factors[index] as number;
    visit((at) => {
      values[at] = (step * (codes[at] as number) - offset) * scale;
    });
  });
  return values;
}

/**
 * The scales of each row: of each 32 values along it one, repeated where rows share one.
 *
 * @returns bits in half precision, `[a, b, ceil(c / 32), d]`
 * @throws PapilioError `VALUES_LENGTH`, `OPTION_INVALID`, `ARRAY_TYPE`
 */
export function scalesOfRows(quantized: QuantizedValues): Uint16Array<ArrayBuffer> {
  requireQuantized(quantized);
  const { shape, scales } = quantized;
  const [a, b, c, d] = shape;
  const [ga, gb, gc, gd] = groupOf(shape);
  const [rows, parts, blocks] = [Math.ceil(b / gb), Math.ceil(c / gc), Math.ceil(d / gd)];
  const ofRows = new Uint16Array(a * b * parts * d);
  let to = 0;
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      const row = Math.floor(i / ga) * rows + Math.floor(j / gb);
      for (let part = 0; part < parts; part++) {
        const from = (row * parts + part) * blocks;
        for (let k = 0; k < d; k++) ofRows[to++] = scales[from + Math.floor(k / gd)] as number;
      }
    }
  }
  return ofRows;
}

/** Bytes of so many values and their scales. @throws PapilioError `OPTION_INVALID` */
export function quantizedBytes(shape: Sizes, dtype: FewBits): number {
  requireOneOf("The element type", dtype, FEW_BITS);
  const group = groupOf(shape);
  const [a, b, c, d] = shape;
  return Math.ceil((CODE_GRIDS[dtype].bits * a * b * c * d) / 8) + 2 * groupsOf(shape, group);
}

/** Codes of `bits` bits each, the first in the lowest bits of the first byte. @throws PapilioError `OPTION_INVALID` */
export function packCodes(codes: Uint8Array, dtype: FewBits): Uint8Array<ArrayBuffer> {
  requireArray("The codes", codes, "Uint8Array");
  requireOneOf("The element type", dtype, FEW_BITS);
  const { bits } = CODE_GRIDS[dtype];
  const bytes = new Uint8Array(Math.ceil((bits * codes.length) / 8));
  for (let index = 0; index < codes.length; index++) {
    const bit = index * bits;
    const word = (codes[index] as number) << (bit % 8);
    const byte = (bit - (bit % 8)) / 8;
    bytes[byte] = (bytes[byte] as number) | word;
    if (word > 0xff) bytes[byte + 1] = word >> 8;
  }
  return bytes;
}

/** What {@link packCodes} packed, so many of them. @throws PapilioError `VALUES_LENGTH`, `OPTION_INVALID` */
export function unpackCodes(
  bytes: Uint8Array,
  dtype: FewBits,
  count: number,
): Uint8Array<ArrayBuffer> {
  requireArray("The bytes", bytes, "Uint8Array");
  requireOneOf("The element type", dtype, FEW_BITS);
  requireWhole("The number of codes", count, 0);
  const { bits } = CODE_GRIDS[dtype];
  if (bytes.length !== Math.ceil((bits * count) / 8)) {
    throw new PapilioError(
      "VALUES_LENGTH",
      `${count} codes of ${bits} bits take ${Math.ceil((bits * count) / 8)} bytes, but ${bytes.length} are given.`,
      "Pass the bytes that the codes were packed into.",
    );
  }
  const codes = new Uint8Array(count);
  const mask = 2 ** bits - 1;
  for (let index = 0; index < count; index++) {
    const bit = index * bits;
    const byte = (bit - (bit % 8)) / 8;
    const word = (bytes[byte] as number) | ((bytes[byte + 1] ?? 0) << 8);
    codes[index] = (word >> (bit % 8)) & mask;
  }
  return codes;
}

/** Adding and subtracting it rounds a smaller number to a whole one, ties to even. */
const ROUNDER = 1.5 * 2 ** 52;

/** Leaves the first 19 binary digits of a number: Dekker's splitting, of the 53 of a double. */
const SPLITTER = 2 ** 34 + 1;

/** @throws PapilioError `VALUES_LENGTH` unless there are as many codes and scales as the shape has; `OPTION_INVALID` */
export function requireQuantized(quantized: QuantizedValues): void {
  requireObject("The values", quantized, "values of few bits", "dtype", "shape", "codes", "scales");
  const { dtype, shape, codes, scales } = quantized;
  requireArray("The codes", codes, "Uint8Array");
  requireArray("The scales", scales, "Uint16Array");
  requireOneOf("The element type", dtype, FEW_BITS);
  const groups = groupsOf(shape, groupOf(shape));
  requireCount(codes.length, shape);
  if (scales.length !== groups) throw wrongCount(scales.length, groups, "scales", shape);
}

function requireCount(count: number, shape: Sizes): void {
  const wanted = shape.reduce((product, size) => product * size, 1);
  if (count !== wanted) throw wrongCount(count, wanted, "values", shape);
}

function wrongCount(count: number, wanted: number, what: string, shape: Sizes): PapilioError {
  return new PapilioError(
    "VALUES_LENGTH",
    `The shape [${shape.join(", ")}] has ${wanted} ${what}, but ${count} are given.`,
    `Pass ${wanted} ${what}.`,
  );
}

function outOfRange(value: number, dtype: FewBits): PapilioError {
  return new PapilioError(
    "VALUE_RANGE",
    `The values have ${value}, and ${dtype} holds finite numbers up to ${65504 * CODE_GRIDS[dtype].top}.`,
    "Scale the values, or store them as F32.",
  );
}
