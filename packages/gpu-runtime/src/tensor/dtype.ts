import { FLOAT_FORMATS, requireStorable, type StorageDtype } from "@papilio/butterfly";
import { Float16Array as PortableFloat16Array } from "@petamoriken/float16";

type HalfArray = ArrayLike<number> & { set(values: ArrayLike<number>): void };
type HalfArrayConstructor = {
  new (values: ArrayLike<number>): HalfArray;
  new (buffer: ArrayBuffer, offset: number, length: number): HalfArray;
};

/** The engine's own, fifty times faster, where it has one: Node 24, and browsers since 2025. */
const Float16Array =
  (globalThis as { Float16Array?: HalfArrayConstructor }).Float16Array ??
  (PortableFloat16Array as unknown as HalfArrayConstructor);

/**
 * The elements as stored, padded to the whole number of 32-bit words that buffer copies need.
 *
 * @param what whose they are, to begin a sentence
 * @throws PapilioError `VALUE_RANGE` for a finite number that half precision does not hold
 */
export function encode(
  values: Float32Array,
  dtype: StorageDtype,
  what: string = "The tensor",
): Uint8Array<ArrayBuffer> {
  if (dtype === "f16") requireStorable(values, "F16", what);
  const bytes = new Uint8Array(paddedBytes(values.length, dtype));
  if (dtype === "f32") new Float32Array(bytes.buffer, 0, values.length).set(values);
  else new Float16Array(bytes.buffer, 0, values.length).set(values);
  return bytes;
}

/** Reads `length` stored elements back as float32 (exact for both storage types). */
export function decode(
  bytes: ArrayBuffer,
  length: number,
  dtype: StorageDtype,
): Float32Array<ArrayBuffer> {
  if (dtype === "f32") return new Float32Array(bytes, 0, length);
  return new Float32Array(new Float16Array(bytes, 0, length));
}

/** The values that storage in `dtype` leaves: rounded to half precision, or the same array. */
export function quantize(values: Float32Array, dtype: StorageDtype): Float32Array {
  return dtype === "f32" ? values : new Float32Array(new Float16Array(values));
}

/** Bytes of a buffer that holds `length` elements, a multiple of 16 so that vec4 views fit. */
export function paddedBytes(length: number, dtype: StorageDtype): number {
  return Math.ceil((length * FLOAT_FORMATS[dtype].bytes) / 16) * 16;
}
