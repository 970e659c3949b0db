/*
 * Floating-point numbers of eight bits. Source: arXiv 2209.05433 (FP8 formats for deep learning): E4M3 has no
 * infinity, and one NaN of each sign; E5M2 is IEEE 754 in small.
 */

/** What the bits of a format mean. */
interface Float8 {
  readonly fractionBits: number;
  readonly bias: number;
  /** The code of the largest number, and what the next would be worth. */
  readonly largest: number;
  readonly beyond: number;
  /** What a number that is too large becomes, and a NaN. */
  readonly overflow: number;
  readonly nan: number;
}

const E4M3: Float8 = {
  ...{ fractionBits: 3, bias: 7, largest: 0x7e, beyond: 480, overflow: 0x7f, nan: 0x7f },
};
const E5M2: Float8 = {
  ...{ fractionBits: 2, bias: 15, largest: 0x7b, beyond: 65536, overflow: 0x7c, nan: 0x7e },
};

/** The number that an E4M3 stands for. */
export function fromE4m3(code: number): number {
  return (code & 0x7f) === 0x7f ? Number.NaN : decode(code, E4M3);
}

/** The nearest E4M3, ties to even; NaN for a magnitude of more than 464, which it does not hold. */
export function toE4m3(value: number): number {
  return encode(value, E4M3);
}

/** The number that an E5M2 stands for. */
export function fromE5m2(code: number): number {
  const magnitude = code & 0x7f;
  if (magnitude > 0x7c) return Number.NaN;
  if (magnitude === 0x7c) return code > 0x7f ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return decode(code, E5M2);
}

/** The nearest E5M2, ties to even; infinite from 61440 on. */
export function toE5m2(value: number): number {
  return encode(value, E5M2);
}

function decode(code: number, { fractionBits, bias }: Float8): number {
  const magnitude = code & 0x7f;
  const exponent = magnitude >> fractionBits;
  const fraction = magnitude & (2 ** fractionBits - 1);
  const number =
    exponent === 0
      ? fraction * 2 ** (1 - bias - fractionBits)
      : (2 ** fractionBits + fraction) * 2 ** (exponent - bias - fractionBits);
  return code > 0x7f ? -number : number;
}

/** Adding and subtracting it rounds a smaller number to a whole one, ties to even. */
const ROUNDER = 2 ** 52;

function encode(value: number, format: Float8): number {
  const { fractionBits, bias, largest, beyond, overflow, nan } = format;
  const sign = value < 0 || Object.is(value, -0) ? 0x80 : 0;
  if (Number.isNaN(value)) return nan;
  const magnitude = Math.abs(value);
  const last = decode(largest, format);
  // Half way between the largest number and what would follow it, a tie goes to the even code.
  const middle = (last + beyond) / 2;
  if (magnitude > middle || (magnitude === middle && (largest & 1) === 1)) return sign | overflow;
  if (magnitude >= last) return sign | largest;
  const exponent = Math.max(1 - bias, exponentOf(magnitude));
  // A carry goes into the exponent.
  const fraction = magnitude * 2 ** (fractionBits - exponent) + ROUNDER - ROUNDER;
  return sign | (((exponent + bias - 1) << fractionBits) + fraction);
}

const float64 = new Float64Array(1);
const view = new DataView(float64.buffer);

/** The exponent of a normal number; that of 0 and of subnormal ones is less than any here. */
function exponentOf(magnitude: number): number {
  view.setFloat64(0, magnitude);
  return ((view.getUint16(0) >> 4) & 0x7ff) - 1023;
}
