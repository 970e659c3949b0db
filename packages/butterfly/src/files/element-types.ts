import { getFloat16, setFloat16 } from "@petamoriken/float16";
import type { Complex } from "../complex/complex.ts";
import { type FloatArray, type FloatArrays, type FloatType, zeros } from "../float-array.ts";
import { fileError } from "./file-error.ts";

/** How one element of a format is read and written, little-endian unless told. */
interface Codec {
  readonly bytes: number;
  get(view: DataView, at: number, littleEndian: boolean): number;
  set(view: DataView, at: number, value: number): void;
}

const bits = new DataView(new ArrayBuffer(4));

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
      get: (view, at, little) => getFloat16(view, at, little),
      set: (view, at, value) => setFloat16(view, at, value, true),
    },
    BF16: {
      bytes: 2,
      get: (view, at, little) => {
        bits.setUint32(0, view.getUint16(at, little) << 16);
        return bits.getFloat32(0);
      },
      set: (view, at, value) => view.setUint16(at, toBfloat16(value), true),
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
  }),
);

/** Bytes of an element, of all the types of the safetensors format. */
export const ELEMENT_BYTES: ReadonlyMap<string, number> = new Map([
  ...[...REAL_TYPES].map(([name, { bytes }]) => [name, bytes] as const),
  ["I64", 8],
  ["U64", 8],
  ["I16", 2],
  ["U16", 2],
  ["I8", 1],
  ["U8", 1],
  ["BOOL", 1],
  ["F8_E5M2", 1],
  ["F8_E4M3", 1],
  ["C64", 8],
]);

/**
 * Real numbers from bytes.
 *
 * @throws PapilioError `TENSOR_DTYPE` for another type, `ARRAY_TOO_LARGE`
 */
export function decode<T extends FloatType>(
  bytes: Uint8Array,
  dtype: string,
  type: T,
  littleEndian: boolean = true,
): FloatArrays[T] {
  const codec = codecOf(dtype);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = zeros(type, bytes.length / codec.bytes);
  for (let index = 0; index < values.length; index++) {
    values[index] = codec.get(view, index * codec.bytes, littleEndian);
  }
  return values;
}

/** Complex numbers from bytes of interleaved real and imaginary parts in `dtype`. */
export function decodeComplex<T extends FloatType>(
  bytes: Uint8Array,
  dtype: string,
  type: T,
  littleEndian: boolean = true,
): Complex<FloatArrays[T]> {
  const parts = decode(bytes, dtype, type, littleEndian);
  const re = zeros(type, parts.length / 2);
  const im = zeros(type, parts.length / 2);
  for (let index = 0; index < re.length; index++) {
    re[index] = parts[2 * index] as number;
    im[index] = parts[2 * index + 1] as number;
  }
  return { re, im };
}

/** Bytes of real numbers, rounded to the type. Throws what {@link decode} throws. */
export function encode(values: FloatArray | Uint32Array, dtype: string): Uint8Array<ArrayBuffer> {
  const codec = codecOf(dtype);
  const bytes = new Uint8Array(values.length * codec.bytes);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < values.length; index++) {
    codec.set(view, index * codec.bytes, values[index] as number);
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

function codecOf(dtype: string): Codec {
  const codec = REAL_TYPES.get(dtype);
  if (codec !== undefined) return codec;
  throw fileError(
    "TENSOR_DTYPE",
    `Elements of type ${dtype} are no real numbers that are read here.`,
  );
}

/** Rounded to nearest, ties to even; a NaN stays one. */
function toBfloat16(value: number): number {
  bits.setFloat32(0, value);
  const word = bits.getUint32(0);
  if (Number.isNaN(value)) return (word >>> 16) | 0x40;
  return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
}
