import type { Complex } from "../numeric/complex.ts";
import { type FloatArray, zeros } from "../numeric/float-array.ts";
import { fromE4m3, fromE5m2, toE4m3, toE5m2 } from "../numeric/float8.ts";
import { fromBfloat16, fromHalf, toBfloat16, toHalf } from "../numeric/half-precision.ts";
import { fileError } from "./file-error.ts";

/** How one element of a format is read and written, little-endian unless given. */
interface Codec {
  readonly bytes: number;
  get(view: DataView, at: number, littleEndian: boolean): number;
  /** Absent for types that are only read. */
  set?(view: DataView, at: number, value: number): void;
}

/** The nearest number to 64 bits, of which the high ones are given: rounded once, by the addition. */
function wide(high: number, view: DataView, at: number, littleEndian: boolean): number {
  return high * 2 ** 32 + view.getUint32(littleEndian ? at : at + 4, littleEndian);
}

/** The types of real numbers that files hold, by the names of the safetensors format. */
const REAL_TYPES: ReadonlyMap<string, Codec> = new Map<string, Codec>(
  Object.entries<Codec>({
    F64: {
      bytes: 8,
      get: (view, at, little) => view.getFloat64(at, little),
      set: (view, at, value) => view.setFloat64(at, value, true),
    },
    F32: {
      bytes: 4,
      get: (view, at, little) => view.getFloat32(at, little),
      set: (view, at, value) => view.setFloat32(at, value, true),
    },
    F16: {
      bytes: 2,
      get: (view, at, little) => fromHalf(view.getUint16(at, little)),
      set: (view, at, value) => view.setUint16(at, toHalf(value), true),
    },
    BF16: {
      bytes: 2,
      get: (view, at, little) => fromBfloat16(view.getUint16(at, little)),
      set: (view, at, value) => view.setUint16(at, toBfloat16(value), true),
    },
    F8_E4M3: {
      bytes: 1,
      get: (view, at) => fromE4m3(view.getUint8(at)),
      set: (view, at, value) => view.setUint8(at, toE4m3(value)),
    },
    F8_E5M2: {
      bytes: 1,
      get: (view, at) => fromE5m2(view.getUint8(at)),
      set: (view, at, value) => view.setUint8(at, toE5m2(value)),
    },
    I64: {
      bytes: 8,
      get: (view, at, little) =>
        wide(view.getInt32(little ? at + 4 : at, little), view, at, little),
    },
    U64: {
      bytes: 8,
      get: (view, at, little) =>
        wide(view.getUint32(little ? at + 4 : at, little), view, at, little),
    },
    I32: {
      bytes: 4,
      get: (view, at, little) => view.getInt32(at, little),
      set: (view, at, value) => view.setInt32(at, value, true),
    },
    U32: {
      bytes: 4,
      get: (view, at, little) => view.getUint32(at, little),
      set: (view, at, value) => view.setUint32(at, value, true),
    },
    I16: { bytes: 2, get: (view, at, little) => view.getInt16(at, little) },
    U16: { bytes: 2, get: (view, at, little) => view.getUint16(at, little) },
    I8: { bytes: 1, get: (view, at) => view.getInt8(at) },
    U8: { bytes: 1, get: (view, at) => view.getUint8(at) },
    BOOL: { bytes: 1, get: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) },
  }),
);

/** Types of files whose bytes are those of an array in memory, on a little-endian host. */
const NATIVE_TYPES: Readonly<Record<string, string>> = {
  Float32Array: "F32",
  Float64Array: "F64",
  Uint32Array: "U32",
};
const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Types that weights are stored in: numbers that stand for themselves, not for a quantized value. */
const WEIGHT_TYPES = new Set(["F64", "F32", "F16", "BF16", "I32", "U32"]);

/** Whether elements of this type are real numbers that weights may be made of. */
export function isRealDtype(dtype: string): boolean {
  return WEIGHT_TYPES.has(dtype);
}

/**
 * Bits of an element, of all the types of the safetensors format. Several elements of four or six bits
 * share a byte.
 */
export const ELEMENT_BITS: ReadonlyMap<string, number> = new Map([
  ...[...REAL_TYPES].map(([name, { bytes }]) => [name, 8 * bytes] as const),
  ["F8_E5M2FNUZ", 8],
  ["F8_E4M3FNUZ", 8],
  ["F8_E8M0", 8],
  ["F6_E2M3", 6],
  ["F6_E3M2", 6],
  ["F4", 4],
  ["C64", 64],
]);

/**
 * Bytes of real numbers, rounded to the type: `requireStorable` refuses those that it does not hold.
 *
 * @throws PapilioError `TENSOR_DTYPE` for a type that is not written here
 */
export function encode(values: FloatArray | Uint32Array, dtype: string): Uint8Array<ArrayBuffer> {
  const codec = codecOf(dtype);
  if (isNative(values, dtype)) {
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
  }
  const { set } = codec;
  if (set === undefined) throw noReal(dtype);
  const bytes = new Uint8Array(values.length * codec.bytes);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < values.length; index++) {
    set(view, index * codec.bytes, values[index] as number);
  }
  return bytes;
}

/** Bytes of complex numbers, their parts interleaved. */
export function encodeComplex(
  { re, im }: Complex<FloatArray>,
  dtype: string,
): Uint8Array<ArrayBuffer> {
  const parts = zeros("float64", 2 * re.length);
  for (let index = 0; index < re.length; index++) {
    parts[2 * index] = re[index] as number;
    parts[2 * index + 1] = im[index] as number;
  }
  return encode(parts, dtype);
}

/** Whether every number of the array is one of the type. */
export function isExact(values: FloatArray | Uint32Array, dtype: string): boolean {
  return dtype === NATIVE_TYPES[values[Symbol.toStringTag]] || dtype === "F64";
}

/** Whether little-endian bytes of this type are what the array has in memory. */
export function isNative(values: FloatArray | Uint32Array, dtype: string): boolean {
  // Not `instanceof`: an array of another realm (a frame, a test runner's sandbox) is as good.
  return HOST_IS_LITTLE_ENDIAN && dtype === NATIVE_TYPES[values[Symbol.toStringTag]];
}

/** @throws PapilioError `TENSOR_DTYPE` for another type than real numbers */
export function codecOf(dtype: string): Codec {
  const codec = REAL_TYPES.get(dtype);
  if (codec !== undefined) return codec;
  throw noReal(dtype);
}

function noReal(dtype: string): Error {
  return fileError(
    "TENSOR_DTYPE",
    `Elements of type ${dtype} are no real numbers that are read or written here.`,
  );
}
