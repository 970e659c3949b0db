import {
  requireArray,
  requireBoolean,
  requireFloats,
  requireList,
  requireObject,
  requireText,
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
import { decode, decodeComplex, encode, encodeComplex } from "./element-types.ts";
import { elementsOf, fileError, quote, showShape } from "./file-error.ts";
import { wrongKind } from "./file-kind.ts";
import { parseNpyHeader } from "./npy-header.ts";
import { npyType } from "./npy-types.ts";

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
  if (MAGIC.some((byte, index) => index < file.length && file[index] !== byte)) {
    throw (
      wrongKind(file, ["npy"], "a npy file") ??
      fileError("FILE_HEADER", "The file does not begin as npy files do.")
    );
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
  if (end - start > MOST_HEADER) {
    throw fileError(
      "FILE_HEADER",
      `The header has ${end - start} bytes, more than the ${MOST_HEADER} that NumPy reads.`,
    );
  }
  const text = new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(
    file.subarray(start, end),
  );
  const { descr, shape, fortranOrder } = parseNpyHeader(text);
  const type = npyType(descr);
  const elements = elementsOf(shape);
  const bytes = elements === undefined ? Number.POSITIVE_INFINITY : elements * type.bytes;
  if (end + bytes > file.length) {
    throw fileError(
      "FILE_TRUNCATED",
      `An array of shape (${showShape(shape)}) and type ${quote(descr)} has ${bytes} bytes, but the file has ${file.length - end} of data.`,
    );
  }
  return { descr, shape, fortranOrder, bytes: file.subarray(end, end + bytes) };
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
  const { dtype, complex, littleEndian, bytes: size } = npyType(descr);
  if (elementsOf(shape) !== bytes.length / size) {
    throw fileError(
      "TENSOR_SHAPE",
      `The shape ${describeValue(shape)} is not that of ${bytes.length} bytes of type ${quote(descr)}.`,
    );
  }
  if (complex) {
    const { re, im } = decodeComplex(bytes, dtype, type, littleEndian);
    return fortranOrder ? { re: toCOrder(re, shape), im: toCOrder(im, shape) } : { re, im };
  }
  const values = decode(bytes, dtype, type, littleEndian);
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

/** The first index fastest to the last index fastest. */
function toCOrder<V extends FloatArray>(values: V, shape: readonly number[]): V {
  // Axes of one entry make no difference, and each that is left at least doubles the entries.
  const sizes = shape.filter((size) => size !== 1);
  const turned = values.slice() as V;
  const position = sizes.map(() => 0);
  for (let index = 0; index < values.length; index++) {
    let [from, stride] = [0, 1];
    for (const [axis, size] of sizes.entries()) {
      from += (position[axis] as number) * stride;
      stride *= size;
    }
    turned[index] = values[from] as number;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      position[axis] = (position[axis] as number) + 1;
      if ((position[axis] as number) < (sizes[axis] as number)) break;
      position[axis] = 0;
    }
  }
  return turned;
}
