import type { Complex } from "../complex/complex.ts";
import { type FloatArray, type FloatArrays, type FloatType, floatTypeOf } from "../float-array.ts";
import { decode, decodeComplex, encode, encodeComplex } from "./element-types.ts";
import { elementsOf, fileError, quote } from "./file-error.ts";

/** An array of a npy file that was checked. */
export interface NpyFile {
  /** As the file says, such as `<f4`. */
  readonly descr: string;
  readonly shape: readonly number[];
  /** Whether the first index runs fastest in `bytes`. */
  readonly fortranOrder: boolean;
  /** Where the elements lie in the file: a view, not a copy. */
  readonly bytes: Uint8Array;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** The types that are read, with their names here and whether they are pairs of parts. */
const TYPES: ReadonlyMap<string, { readonly dtype: string; readonly complex: boolean }> = new Map([
  ["f2", { dtype: "F16", complex: false }],
  ["f4", { dtype: "F32", complex: false }],
  ["f8", { dtype: "F64", complex: false }],
  ["i4", { dtype: "I32", complex: false }],
  ["u4", { dtype: "U32", complex: false }],
  ["c8", { dtype: "F32", complex: true }],
  ["c16", { dtype: "F64", complex: true }],
]);

/**
 * Reads the header of a npy file, versions 1 to 3, and checks it. Nothing is copied or decoded.
 *
 * Source: NumPy's documentation of the format, numpy.lib.format.
 *
 * @throws PapilioError `FILE_TRUNCATED`, `FILE_HEADER`; `TENSOR_DTYPE` for elements that are no real or
 *   complex floating-point numbers or 32-bit integers
 */
export function readNpy(file: Uint8Array): NpyFile {
  if (MAGIC.some((byte, index) => index < file.length && file[index] !== byte)) {
    throw fileError("FILE_HEADER", "The file does not begin as npy files do.");
  }
  if (file.length < 12) {
    throw fileError("FILE_TRUNCATED", `The file has ${file.length} bytes, less than its header.`);
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const version = file[6] as number;
  if (version < 1 || version > 3) throw fileError("FILE_HEADER", `There is no version ${version}.`);
  const start = version === 1 ? 10 : 12;
  const end = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (end > file.length) {
    throw fileError(
      "FILE_TRUNCATED",
      `The header ends at ${end}, but the file has ${file.length} bytes.`,
    );
  }
  const text = new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(
    file.subarray(start, end),
  );
  const { descr, shape, fortranOrder } = parseHeader(text);
  const size = Number(descr.slice(2));
  const elements = elementsOf(shape);
  const bytes = elements === undefined ? Number.POSITIVE_INFINITY : elements * size;
  if (end + bytes > file.length) {
    throw fileError(
      "FILE_TRUNCATED",
      `An array of shape (${shape}) and type ${descr} has ${bytes} bytes, but the file has ${file.length - end} of data.`,
    );
  }
  return { descr, shape, fortranOrder, bytes: file.subarray(end, end + bytes) };
}

/**
 * The elements of a npy file in C order: real numbers, or complex ones.
 *
 * @throws PapilioError `ARRAY_TOO_LARGE`
 */
export function npyValues<T extends FloatType>(
  { descr, shape, fortranOrder, bytes }: NpyFile,
  type: T,
): FloatArrays[T] | Complex<FloatArrays[T]> {
  const { dtype, complex } = typeOf(descr);
  const little = descr[0] !== ">";
  if (complex) {
    const { re, im } = decodeComplex(bytes, dtype, type, little);
    return fortranOrder ? { re: toCOrder(re, shape), im: toCOrder(im, shape) } : { re, im };
  }
  const values = decode(bytes, dtype, type, little);
  return fortranOrder ? toCOrder(values, shape) : values;
}

/**
 * Writes a npy file of version 1 in C order: `<f4` or `<f8`, `<c8` or `<c16`, by the precision of the
 * values.
 *
 * @throws PapilioError `TENSOR_SHAPE` unless there are as many values as the shape says
 */
export function writeNpy(
  values: FloatArray | Complex<FloatArray>,
  shape: readonly number[],
): Uint8Array<ArrayBuffer> {
  const complex = "re" in values;
  const some = complex ? values.re : values;
  if (elementsOf(shape) !== some.length) {
    throw fileError("TENSOR_SHAPE", `The shape (${shape}) is not that of ${some.length} values.`);
  }
  const single = floatTypeOf(some) === "float32";
  const dtype = single ? "F32" : "F64";
  const body = complex ? encodeComplex(values, dtype) : encode(values, dtype);
  const descr = `<${complex ? "c" : "f"}${(single ? 4 : 8) * (complex ? 2 : 1)}`;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // Data begins at a multiple of 64 bytes, after a line end.
  const length = 64 * Math.ceil((10 + dictionary.length + 1) / 64) - 10;
  const header = new TextEncoder().encode(`${dictionary.padEnd(length - 1)}\n`);
  const file = new Uint8Array(10 + length + body.length);
  file.set(MAGIC);
  file[6] = 1;
  new DataView(file.buffer).setUint16(8, length, true);
  file.set(header, 10);
  file.set(body, 10 + length);
  return file;
}

/** The dictionary of a header, which is Python's notation: read, never evaluated. */
function parseHeader(text: string): { descr: string; shape: number[]; fortranOrder: boolean } {
  const entry = (pattern: RegExp): string => {
    const found = [...text.matchAll(pattern)];
    if (found.length === 1) return found[0]?.[1] as string;
    throw fileError("FILE_HEADER", `The header ${quote(text.trim())} is not understood.`);
  };
  const descr = entry(/'descr'\s*:\s*'([<>|=][A-Za-z]\d{1,4})'\s*[,}]/g);
  const fortranOrder = entry(/'fortran_order'\s*:\s*(True|False)\s*[,}]/g) === "True";
  const tuple = entry(/'shape'\s*:\s*\(((?:\s*\d{1,16}\s*,)*\s*(?:\d{1,16})?\s*)\)\s*[,}]/g);
  const shape = tuple.split(",").flatMap((size) => (size.trim() === "" ? [] : [Number(size)]));
  typeOf(descr);
  return { descr, shape, fortranOrder };
}

function typeOf(descr: string): { readonly dtype: string; readonly complex: boolean } {
  const type = TYPES.get(descr.slice(1));
  if (type !== undefined && descr[0] !== "|") return type;
  throw fileError("TENSOR_DTYPE", `Elements of type ${quote(descr)} are not read here.`);
}

/** The first index fastest to the last index fastest. */
function toCOrder<V extends FloatArray>(values: V, shape: readonly number[]): V {
  const turned = values.slice() as V;
  const position = shape.map(() => 0);
  for (let index = 0; index < values.length; index++) {
    let [from, stride] = [0, 1];
    for (const [axis, size] of shape.entries()) {
      from += (position[axis] as number) * stride;
      stride *= size;
    }
    turned[index] = values[from] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position[axis] = (position[axis] as number) + 1;
      if ((position[axis] as number) < (shape[axis] as number)) break;
      position[axis] = 0;
    }
  }
  return turned;
}
