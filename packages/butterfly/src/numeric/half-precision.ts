import { arrayTag, requireArray, requireList } from "../errors/argument-checks.ts";
import { formatOf, type StorageDtype } from "./dtype.ts";
import { requireVectors } from "./layout.ts";

/*
 * IEEE 754 binary16 and bfloat16 as 16-bit words. The arithmetic stands here because the accessors of
 * DataView that do it are not everywhere, and their substitutes are a hundred times slower: a matter of
 * minutes for a language model's weights.
 */

const float32 = new Float32Array(1);
const word32 = new Uint32Array(float32.buffer);
const float64 = new Float64Array(1);
const words64 = new Uint32Array(float64.buffer);
/** Which half of a double has its exponent. */
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** Adding and subtracting it rounds a smaller number to a whole one, ties to even. */
const ROUNDER = 2 ** 52;

/** The number that a binary16 stands for. */
export function fromHalf(half: number): number {
  const exponent = half & 0x7c00;
  const fraction = half & 0x3ff;
  const sign = half & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x7c00) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  word32[0] = ((half & 0x8000) << 16) | ((exponent + 0x1c000) << 13) | (fraction << 13);
  return float32[0] as number;
}

/** The nearest binary16, ties to even. */
export function toHalf(value: number): number {
  float64[0] = value;
  const high = words64[HIGH] as number;
  const sign = (high >>> 16) & 0x8000;
  const magnitude = Math.abs(value);
  // Half way between the largest number and what would follow it.
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | (magnitude * 2 ** 24 + ROUNDER - ROUNDER);
  if (Number.isNaN(value)) return sign | 0x7e00;
  const exponent = ((high >>> 20) & 0x7ff) - 1023;
  // Between 1024 and 2048: the leading bit, and a carry, go into the exponent.
  const fraction = magnitude * 2 ** (10 - exponent) + ROUNDER - ROUNDER;
  return sign | (((exponent + 14) << 10) + fraction);
}

/** The number that a bfloat16 stands for. */
export function fromBfloat16(word: number): number {
  word32[0] = word << 16;
  return float32[0] as number;
}

/** The nearest bfloat16 of a number in single precision, ties to even; a NaN stays one. */
export function toBfloat16(value: number): number {
  float32[0] = value;
  const word = word32[0] as number;
  if (Number.isNaN(value)) return (word >>> 16) | 0x40;
  return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
}

type HalfArray = ArrayLike<number> & { set(values: ArrayLike<number>): void };

/** The engine's own conversion, fifty times faster, where it has one: Node 24, and browsers since 2025. */
function nativeHalves(bits: Uint16Array): HalfArray | undefined {
  const { Float16Array } = globalThis as {
    Float16Array?: new (buffer: ArrayBufferLike, offset: number, length: number) => HalfArray;
  };
  return Float16Array && new Float16Array(bits.buffer, bits.byteOffset, bits.length);
}

/**
 * Numbers in half precision, each rounded to the nearest, ties to even. Those beyond its range become
 * infinite: `requireStorable` refuses them.
 *
 * @param bits where they go, as many; a new array unless given
 * @throws PapilioError `ARRAY_TYPE`, `OUTPUT_LENGTH`, `OPTION_INVALID`
 */
export function encodeHalf(
  values: ArrayLike<number>,
  bits?: Uint16Array<ArrayBuffer>,
): Uint16Array<ArrayBuffer> {
  if (arrayTag(values) === undefined) requireList("What is encoded", values);
  if (bits === undefined) return encodeInto(values, new Uint16Array(values.length));
  requireArray("The output", bits, "Uint16Array");
  requireVectors("output", bits.length, values.length, 1);
  return encodeInto(values, bits);
}

function encodeInto(
  values: ArrayLike<number>,
  bits: Uint16Array<ArrayBuffer>,
): Uint16Array<ArrayBuffer> {
  const halves = nativeHalves(bits);
  if (halves !== undefined) halves.set(values);
  else for (let at = 0; at < values.length; at++) bits[at] = toHalf(values[at] as number);
  return bits;
}

/** The numbers that `bits` in half precision stand for, exactly. @throws PapilioError `ARRAY_TYPE` */
export function decodeHalf(bits: Uint16Array): Float32Array<ArrayBuffer> {
  requireArray("What is decoded", bits, "Uint16Array");
  const halves = nativeHalves(bits);
  return halves === undefined ? Float32Array.from(bits, fromHalf) : new Float32Array(halves);
}

/**
 * The values that storage in `dtype` leaves: rounded to half precision, or the same array.
 *
 * @throws PapilioError `ARRAY_TYPE`, `OPTION_INVALID`
 */
export function quantize(values: Float32Array, dtype: StorageDtype): Float32Array {
  requireArray("The values", values, "Float32Array");
  formatOf(dtype); // refuses one that there is not
  return dtype === "f32" ? values : decodeHalf(encodeHalf(values));
}
