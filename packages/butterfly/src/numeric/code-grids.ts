import { fromE4m3, fromE5m2, toE4m3, toE5m2 } from "./float8.ts";
import { fromHalf, toHalf } from "./half-precision.ts";

/**
 * Weights of few bits: a group of them shares a scale in half precision, and each has a code of so many bits.
 *
 * - The codes of `q8` and `q4` are whole numbers.
 * - Those of `q7`, `q6`, `q5`, `q3`, `q2` and `q1` are bipolar: odd numbers, of which each bit adds or subtracts a power of
 *   two, so that none is lost to a zero. The two of `q1` are signs.
 * - Those of `f8e4m3` and `f8e5m2` are floating-point numbers of eight bits, and their scales are powers of two.
 */
export const FEW_BITS = [
  "q8",
  "q7",
  "q6",
  "q5",
  "q4",
  "q3",
  "q2",
  "q1",
  "f8e4m3",
  "f8e5m2",
] as const;
export type FewBits = (typeof FEW_BITS)[number];

/** The type of few bits of this name; undefined where it names another type, or none. */
export function fewBitsOf(dtype: unknown): FewBits | undefined {
  return FEW_BITS.find((one) => one === dtype);
}

/** How the codes of a type are numbers, and which scales it has. */
export interface CodeGrid {
  readonly bits: number;
  /** The number of each code, by the code: of some floating-point ones infinite or NaN, which no value is rounded to. */
  readonly numbers: Float64Array;
  /** The least finite number and the largest. Plain rounding leaves the least of `q8` and `q4` unused. */
  readonly least: number;
  readonly top: number;
  /** The largest magnitude of a value. */
  readonly most: number;
  /** The code `u` of a whole number stands for `step * u - offset`. Floating-point numbers have none. */
  readonly whole?: { readonly step: 1 | 2; readonly offset: number };
  /** Of the lowest bits of a floating-point code, how many are a fraction; 0 of whole numbers. */
  readonly fractionBits: number;
  /** The code of the finite number that is nearest: ties to even, between odd numbers to the larger; zeros have no sign. */
  codeOf(x: number): number;
  /** The scale by which plain rounding divides values of this largest and this mean magnitude; 0 of zeros. */
  scaleOf(largest: number, mean: number): number;
  /** The nearest scale that the type has: of what would be zero, the smallest. */
  scaleNear(scale: number): number;
}

const MOST_HALF = 65504;
const LEAST_HALF = 2 ** -24;

/** Sources: arXiv 2409.17870 for bipolar numbers, arXiv 2209.05433 for floating-point ones. */
export const CODE_GRIDS: Readonly<Record<FewBits, CodeGrid>> = {
  q8: wholeGrid(8, 1),
  q7: wholeGrid(7, 2),
  q6: wholeGrid(6, 2),
  q5: wholeGrid(5, 2),
  q4: wholeGrid(4, 1),
  q3: wholeGrid(3, 2),
  q2: wholeGrid(2, 2),
  // Signs times the mean magnitude have the smallest squared error (arXiv 1603.05279): by the largest, most lose.
  q1: { ...wholeGrid(1, 2), scaleOf: (_, mean) => inHalf(mean) },
  f8e4m3: floatGrid(3, fromE4m3, toE4m3),
  f8e5m2: floatGrid(2, fromE5m2, toE5m2),
};

function wholeGrid(bits: number, step: 1 | 2): CodeGrid {
  const codes = 2 ** bits;
  const offset = step === 1 ? codes / 2 : codes - 1;
  const numbers = Float64Array.from({ length: codes }, (_, code) => step * code - offset);
  const last = codes - 1;
  const top = step * last - offset;
  return {
    ...{ bits, numbers, least: -offset, top, most: MOST_HALF * top },
    ...{ whole: { step, offset }, fractionBits: 0 },
    codeOf: (x) => {
      const code = step === 1 ? x + ROUNDER - ROUNDER + offset : Math.floor(x / 2) + codes / 2;
      return Math.max(0, Math.min(code, last));
    },
    scaleOf: (largest) => inHalf(largest / top),
    scaleNear: inHalf,
  };
}

function floatGrid(
  fractionBits: number,
  decode: (code: number) => number,
  encode: (x: number) => number,
): CodeGrid {
  const numbers = Float64Array.from({ length: 256 }, (_, code) => decode(code));
  const top = Math.max(...numbers.filter(Number.isFinite));
  return {
    ...{ bits: 8, fractionBits, numbers, least: -top, top, most: 2 ** 15 * top },
    codeOf: (x) => {
      const code = encode(Math.max(-top, Math.min(x, top)));
      return code === 0x80 ? 0 : code;
    },
    // The smallest with which the largest magnitude is held.
    scaleOf: (largest) => {
      if (largest === 0) return 0;
      const below = powerBelow(largest / top);
      return inRange(below * top < largest ? 2 * below : below);
    },
    scaleNear: (scale) => {
      const below = scale > 0 ? powerBelow(scale) : 0;
      return inRange(scale > 1.5 * below ? 2 * below : below);
    },
  };
}

/** Adding and subtracting it rounds a smaller number to a whole one, ties to even. */
const ROUNDER = 1.5 * 2 ** 52;

/** The largest power of two that a positive number is not below. */
function powerBelow(x: number): number {
  const power = 2 ** Math.round(Math.log2(x)); // a logarithm may be off by a rounding
  return power > x ? power / 2 : power;
}

/** The nearest power of two that half precision holds. */
function inRange(power: number): number {
  return Math.min(Math.max(power, LEAST_HALF), 2 ** 15);
}

/** The nearest number of half precision; the smallest one of what would be zero. */
function inHalf(scale: number): number {
  const half = fromHalf(toHalf(scale));
  return half === 0 && scale !== 0 ? Math.sign(scale) * LEAST_HALF : half;
}
