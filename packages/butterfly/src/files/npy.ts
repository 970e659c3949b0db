import {
  requireArray,
  requireBoolean,
  requireFloats,
  requireList,
  requireObject,
  requireText,
  requireWhole,
} from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import type { Complex } from "../numeric/complex.ts";
import { isComplex, requireParts } from "../numeric/complex.ts";
import {
  type FloatArray,
  type FloatArrays,
  type FloatType,
  floatTypeOf,
} from "../numeric/float-array.ts";
import { ByteReader, type FileBytes, headOf } from "./byte-reader.ts";
import { encode, encodeComplex } from "./element-types.ts";
import { elementsOf, fileError, showShape } from "./file-error.ts";
import { wrongKind } from "./file-kind.ts";
import { parseNpyHeader } from "./npy-header.ts";
import { npyType } from "./npy-types.ts";
import { readElements } from "./read-elements.ts";

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

/** Bytes of a header, at most: as many as NumPy reads unless asked for more. */
const MOST_HEADER = 10_000;

/**
 * Reads the header of a npy file, versions 1 to 3, and checks it. Nothing is copied or decoded.
 *
 * Source: NumPy's documentation of the format, numpy.lib.format.
 *
 * Elements may be real or complex numbers, integers or truth values, in either order of bytes, by any name
 * that NumPy has for them.
 *
 * @throws PapilioError `FILE_TRUNCATED`, `FILE_HEADER`; `TENSOR_DTYPE` for other elements
 */
export function readNpy(file: Uint8Array): NpyFile {
  requireArray("The file", file, "Uint8Array");
  const { descr, shape, fortranOrder, begin, bytes } = readHeader(new ByteReader(file), file);
  return { descr, shape, fortranOrder, bytes: file.subarray(begin, begin + bytes) };
}

/** Where the elements of a npy file lie. */
export interface NpyLayout extends Omit<NpyFile, "bytes"> {
  /** Bytes before the first element. */
  readonly begin: number;
  /** Of all elements. */
  readonly bytes: number;
}

/**
 * Where the elements of a npy file lie, from how it begins: for files that are read in parts.
 *
 * @param head the first bytes of the file, all or 16 KiB of them at least
 * @param fileBytes of the whole file
 * @throws PapilioError `FILE_TRUNCATED`, `FILE_HEADER`; `TENSOR_DTYPE` for other elements than {@link readNpy} takes
 */
export function npyLayout(head: Uint8Array, fileBytes: number): NpyLayout {
  requireArray("The head of the file", head, "Uint8Array");
  requireWhole("The size of the file", fileBytes, 0);
  return readHeader(new ByteReader(head), head, fileBytes);
}

/**
 * The elements of a npy file in C order: real numbers, or complex ones.
 *
 * @throws PapilioError `ARRAY_TOO_LARGE`; `VALUE_RANGE` for a number that becomes infinite in single
 *   precision; `TENSOR_SHAPE` for bytes that the shape does not have; `OPTION_INVALID`
 */
export function npyValues<T extends FloatType>(
  file: NpyFile,
  type: T,
): FloatArrays[T] | Complex<FloatArrays[T]> {
  requireObject("The array", file, "what readNpy returns", "descr", "shape", "bytes");
  const { descr, shape, fortranOrder, bytes } = file;
  requireText("The type of the array", descr);
  requireList("The shape", shape);
  requireArray("The bytes of the array", bytes, "Uint8Array");
  requireBoolean("fortranOrder", fortranOrder);
  if (elementsOf(shape) !== bytes.length / npyType(descr).bytes) {
    throw fileError(
      "TENSOR_SHAPE",
      `The shape ${describeValue(shape)} is not that of ${bytes.length} bytes of type ${describeValue(descr)}.`,
    );
  }
  return readValues(new ByteReader(bytes), file, type);
}

/** What {@link readNpyValues} reads. */
export interface NpyValues<T extends FloatType> {
  /** The type of the elements in the file, such as `<f4`. */
  readonly descr: string;
  readonly shape: readonly number[];
  /** In C order. */
  readonly values: FloatArrays[T] | Complex<FloatArrays[T]>;
}

/**
 * The elements of the array in a npy file, as {@link npyValues} has them. Pieces of the file are released
 * as they are read.
 *
 * @throws PapilioError what {@link readNpy} and {@link npyValues} throw
 */
export function readNpyValues<T extends FloatType>(file: FileBytes, type: T): NpyValues<T> {
  const reader = new ByteReader(file);
  const header = readHeader(reader, headOf(file));
  const { descr, shape } = header;
  return { descr, shape, values: readValues(reader, header, type) };
}

/** Reads to the first element. */
function readHeader(reader: ByteReader, head: Uint8Array, fileBytes = reader.length): NpyLayout {
  if (MAGIC.some((byte, index) => index < head.length && head[index] !== byte)) {
    throw (
      wrongKind(head, ["npy"], "a npy file") ??
      fileError("FILE_HEADER", "The file does not begin as npy files do.")
    );
  }
  if (fileBytes < 12) {
    throw fileError("FILE_TRUNCATED", `The file has ${fileBytes} bytes, less than its header.`);
  }
  const version = head[6] as number;
  if (version < 1 || version > 3) throw fileError("FILE_HEADER", `There is no version ${version}.`);
  const start = version === 1 ? 10 : 12;
  reader.copyTo(new Uint8Array(start));
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const begin = start + length;
  if (begin > fileBytes) {
    throw fileError(
      "FILE_TRUNCATED",
      `The header ends at ${begin}, but the file has ${fileBytes} bytes.`,
    );
  }
  if (length > MOST_HEADER) {
    throw fileError(
      "FILE_HEADER",
      `The header has ${length} bytes, more than the ${MOST_HEADER} that NumPy reads.`,
    );
  }
  if (begin > reader.length) {
    throw fileError(
      "FILE_TRUNCATED",
      `The header ends at ${begin}, but only ${reader.length} bytes of the file were given.`,
    );
  }
  const dictionary = new Uint8Array(length);
  reader.copyTo(dictionary);
  const text = new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(dictionary);
  const { descr, shape, fortranOrder } = parseNpyHeader(text);
  const elements = elementsOf(shape);
  const bytes = elements === undefined ? Number.POSITIVE_INFINITY : elements * npyType(descr).bytes;
  if (begin + bytes > fileBytes) {
    throw fileError(
      "FILE_TRUNCATED",
      `An array of shape (${showShape(shape)}) and type ${describeValue(descr)} has ${bytes} bytes, but the file has ${fileBytes - begin} of data.`,
    );
  }
  return { descr, shape, fortranOrder, begin, bytes };
}

function readValues<T extends FloatType>(
  reader: ByteReader,
  { descr, shape, fortranOrder }: Omit<NpyFile, "bytes">,
  type: T,
): FloatArrays[T] | Complex<FloatArrays[T]> {
  const elements = shape.reduce((product, size) => product * size, 1);
  const place = fortranOrder ? placesInCOrder(shape) : undefined;
  const stored = { ...npyType(descr), elements, what: "The array", place };
  const [re, im] = readElements(reader, stored, type);
  return im === undefined ? re : { re, im };
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
  const complex = isComplex(values);
  if (complex) requireParts(values);
  else requireFloats("What is written", values);
  requireList("The shape", shape);
  const some = complex ? values.re : values;
  if (elementsOf(shape) !== some.length) {
    throw fileError(
      "TENSOR_SHAPE",
      `The shape ${describeValue(shape)} is not that of ${some.length} values.`,
    );
  }
  const single = floatTypeOf(some) === "float32";
  const dtype = single ? "F32" : "F64";
  const body = complex ? encodeComplex(values, dtype) : encode(some, dtype);
  const header = npyHeader(`<${complex ? "c" : "f"}${(single ? 4 : 8) * (complex ? 2 : 1)}`, shape);
  const file = new Uint8Array(header.length + body.length);
  file.set(header);
  file.set(body, header.length);
  return file;
}

/**
 * What a npy file of version 1 in C order has before its elements: for files that are written in parts.
 *
 * @param descr of the elements, such as `<f4`
 * @param shape what is written for an axis is not checked against elements
 * @throws PapilioError `TENSOR_DTYPE` for elements that {@link readNpy} does not take; `TENSOR_SHAPE`
 */
export function npyHeader(descr: string, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  npyType(descr);
  requireList("The shape", shape);
  if (elementsOf(shape) === undefined) {
    throw fileError("TENSOR_SHAPE", `The shape ${describeValue(shape)} is not one of an array.`);
  }
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // Data begins at a multiple of 64 bytes, after a line end.
  const length = 64 * Math.ceil((10 + dictionary.length + 1) / 64) - 10;
  const head = new Uint8Array(10 + length);
  head.set(MAGIC);
  head[6] = 1;
  new DataView(head.buffer).setUint16(8, length, true);
  head.set(new TextEncoder().encode(`${dictionary.padEnd(length - 1)}\n`), 10);
  return head;
}

/** Where elements whose first index runs fastest lie when the last one does, one after another. */
function placesInCOrder(shape: readonly number[]): () => number {
  // Axes of one entry make no difference, and each that is left at least doubles the entries.
  const sizes = shape.filter((size) => size !== 1);
  const strides = sizes.map((_, axis) => sizes.slice(axis + 1).reduce((p, size) => p * size, 1));
  const position = sizes.map(() => 0);
  let next = 0;
  return () => {
    const place = next;
    for (const [axis, size] of sizes.entries()) {
      const index = (position[axis] as number) + 1;
      const stride = strides[axis] as number;
      if (index < size) {
        position[axis] = index;
        next += stride;
        break;
      }
      position[axis] = 0;
      next -= (size - 1) * stride;
    }
    return place;
  };
}
