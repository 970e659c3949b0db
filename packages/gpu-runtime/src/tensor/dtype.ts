import type { StorageDtype } from "@papilio/butterfly";
import { requireArray, requireObject, requireOneOf, requireWhole } from "@papilio/butterfly/errors";
import { decodeHalf, encodeHalf, FLOAT_FORMATS, requireStorable } from "@papilio/butterfly/numeric";

/**
 * The elements as stored, padded to the whole number of 32-bit words that buffer copies need.
 *
 * @param what whose they are, to begin a sentence
 * @throws PapilioError `ARRAY_TYPE`, `OPTION_INVALID`; `VALUE_RANGE` for a finite number that half precision does not hold
 */
export function encode(
  values: Float32Array,
  dtype: StorageDtype,
  what: string = "The tensor",
): Uint8Array<ArrayBuffer> {
  requireArray(what, values, "Float32Array");
  requireOneOf("The element type", dtype, Object.keys(FLOAT_FORMATS));
  if (dtype === "f16") requireStorable(values, "F16", what);
  const bytes = new Uint8Array(paddedBytes(values.length, dtype));
  if (dtype === "f32") new Float32Array(bytes.buffer, 0, values.length).set(values);
  else encodeHalf(values, new Uint16Array(bytes.buffer, 0, values.length));
  return bytes;
}

/**
 * Reads `length` stored elements back as float32 (exact for both storage types).
 *
 * @throws PapilioError `OPTION_INVALID`, also for fewer bytes
 */
export function decode(
  bytes: ArrayBuffer,
  length: number,
  dtype: StorageDtype,
): Float32Array<ArrayBuffer> {
  requireObject("The bytes", bytes, "an ArrayBuffer", "byteLength", "slice");
  requireOneOf("The element type", dtype, Object.keys(FLOAT_FORMATS));
  requireWhole("The number of elements", length, 0);
  requireWhole(
    `The number of bytes of ${length} elements`,
    ArrayBuffer.isView(bytes) ? undefined : bytes.byteLength,
    length * FLOAT_FORMATS[dtype].bytes,
  );
  if (dtype === "f32") return new Float32Array(bytes, 0, length);
  return decodeHalf(new Uint16Array(bytes, 0, length));
}

/** Bytes of a buffer that holds `length` elements, a multiple of 16 so that vec4 views fit. */
export function paddedBytes(length: number, dtype: StorageDtype): number {
  return Math.ceil((length * FLOAT_FORMATS[dtype].bytes) / 16) * 16;
}
