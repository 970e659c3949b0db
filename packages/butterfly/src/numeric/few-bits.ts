import {
  requireArray,
  requireFloats,
  requireObject,
  requireOneOf,
} from "../errors/argument-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { CODE_GRIDS, type CodeGrid, FEW_BITS, type FewBits } from "./code-grids.ts";
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
 * The nearest values of few bits, each code the nearest for the scale of its group. That is the largest magnitude over the
 * largest number of a code, rounded to half precision; for `q1`, which has signs alone, the mean magnitude, which makes the
 * squared error smallest; for floating-point codes the smallest power of two with which the largest magnitude is held. A
 * group that stands on the grid of some scale of the type keeps its values exactly, so that what this or another way of
 * rounding made is left as it is.
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
  const grid = CODE_GRIDS[dtype];
  const end = first + count * step;
  let [largest, sum] = [0, 0];
  for (let at = first; at < end; at += step) {
    const magnitude = Math.abs(values[at] as number);
    if (!(magnitude < Number.POSITIVE_INFINITY)) throw outOfRange(values[at] as number, dtype);
    if (magnitude > largest) largest = magnitude;
    sum += magnitude;
  }
  const known = knownScale(values, first, step, end, largest, grid);
  if (known === 0 && largest > grid.most) throw outOfRange(largest, dtype);
  const scale = known === 0 ? grid.scaleOf(largest, sum / count) : known;
  const divisor = scale || 1; // of zeros alone, any
  for (let at = first; at < end; at += step) {
    codes[at] = grid.codeOf((values[at] as number) / divisor);
  }
  return toHalf(scale);
}

/**
 * The scale of a group that other rounding left on the grid, whatever that was, so that it stays as it is: the half by
 * which all values are numbers of the grid, exactly. 0 where there is none. A grid of floating-point numbers needs no search:
 * the smallest power of two that holds them has all that stand on the grid of a larger one.
 */
function knownScale(
  values: FloatArray,
  first: number,
  step: number,
  end: number,
  largest: number,
  { whole, top }: CodeGrid,
): number {
  if (whole === undefined || largest === 0 || !hasFewDigits(largest)) return 0;
  const { offset, step: codeStep } = whole;
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
  const { most } = CODE_GRIDS[dtype];
  for (const value of values) if (!(Math.abs(value) <= most)) throw outOfRange(value, dtype);
}

/**
 * The values that codes and scales stand for, exactly.
 *
 * @throws PapilioError `VALUES_LENGTH`, `OPTION_INVALID`, `ARRAY_TYPE`; `VALUE_RANGE` for a code or a scale that the type does
 *   not have, such as an infinite one
 */
export function dequantizeValues(quantized: QuantizedValues): Float32Array<ArrayBuffer> {
  requireQuantized(quantized);
  const { dtype, shape, codes, scales } = quantized;
  const group = groupOf(shape);
  const { numbers } = CODE_GRIDS[dtype];
  const factors = decodeHalf(scales);
  const values = new Float32Array(codes.length);
  forEachGroup(shape, group, (index, visit) => {
    const scale = factors[index] as number;
    visit((at) => {
      values[at] = (numbers[codes[at] as number] as number) * scale;
    });
  });
  return values;
}

/**
 * The scales of each row: of each 32 values along it one, repeated where rows share one.
 *
 * @returns bits in half precision, `[a, b, ceil(c / 32), d]`
 * @throws PapilioError `VALUES_LENGTH`, `OPTION_INVALID`, `ARRAY_TYPE`, `VALUE_RANGE`
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

/** Leaves the first 19 binary digits of a number: Dekker's splitting, of the 53 of a double. */
const SPLITTER = 2 ** 34 + 1;

/**
 * @throws PapilioError `VALUES_LENGTH` unless there are as many codes and scales as the shape has; `VALUE_RANGE` for one that
 *   the type does not have; `OPTION_INVALID`, `ARRAY_TYPE`
 */
export function requireQuantized(quantized: QuantizedValues): void {
  requireObject("The values", quantized, "values of few bits", "dtype", "shape", "codes", "scales");
  const { dtype, shape, codes, scales } = quantized;
  requireArray("The codes", codes, "Uint8Array");
  requireArray("The scales", scales, "Uint16Array");
  requireOneOf("The element type", dtype, FEW_BITS);
  const groups = groupsOf(shape, groupOf(shape));
  requireCount(codes.length, shape);
  if (scales.length !== groups) throw wrongCount(scales.length, groups, "scales", shape);
  const wrong = strangeNumber(quantized);
  if (wrong === undefined) return;
  throw new PapilioError(
    "VALUE_RANGE",
    `The values of few bits have ${wrong}.`,
    "Pass codes and scales as quantizeValues makes them.",
  );
}

/** The first code or scale that values of few bits may not have, in words; undefined where there is none. */
export function strangeNumber({ dtype, codes, scales }: QuantizedValues): string | undefined {
  const { numbers, scaleNear } = CODE_GRIDS[dtype];
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] as number;
    // A code beyond the last has no number.
    if (!Number.isFinite(numbers[code])) {
      return `the code ${code} at ${at}, which is no finite number of ${dtype}`;
    }
  }
  const factors = decodeHalf(scales);
  const at = factors.findIndex(
    (own) => own !== 0 && !(Number.isFinite(own) && scaleNear(own) === own),
  );
  return at === -1 ? undefined : `the scale ${factors[at]} at ${at}, which ${dtype} does not have`;
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
    `The values have ${value}, and ${dtype} holds finite numbers up to ${CODE_GRIDS[dtype].most}.`,
    "Scale the values, or store them as F32.",
  );
}
