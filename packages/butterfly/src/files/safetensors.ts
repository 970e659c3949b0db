import {
  requireArray,
  requireFunction,
  requireList,
  requireObject,
  requireOptions,
  requireText,
} from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { type Complex, isComplex, requireParts } from "../numeric/complex.ts";
import type { FloatArray, FloatArrays, FloatType } from "../numeric/float-array.ts";
import { requireStorable } from "../numeric/storable.ts";
import { ByteReader, type FileBytes, headOf, requireFileBytes, sizeOf } from "./byte-reader.ts";
import { codecOf, ELEMENT_BITS, encode, encodeComplex, isExact } from "./element-types.ts";
import { elementsOf, fileError } from "./file-error.ts";
import { readElements, type StoredElements } from "./read-elements.ts";
import {
  readSafetensorsHeader,
  type SafetensorsHeader,
  safetensorsHeaderBytes,
} from "./safetensors-header.ts";

/** A tensor of a safetensors file. */
export interface SafetensorsTensor {
  readonly name: string;
  /** `F32`, `F16`, `BF16`, `F64`, `C64` and the others of the format. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Where it lies in the file: a view, not a copy. */
  readonly bytes: Uint8Array;
}

/** A safetensors file that was checked: every tensor lies within it. */
export interface SafetensorsFile {
  /** By name, in the order of their places. */
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Bytes of the number that a file begins with. */
const LENGTH_BYTES = 8;

/**
 * Reads the header of a safetensors file and checks it: tensors of the format's types within the file,
 * without gaps or overlaps. Nothing is copied or decoded.
 *
 * Source: the safetensors format, its section on the format.
 *
 * @throws PapilioError `FILE_TRUNCATED`, `FILE_HEADER`, `FILE_TENSOR`
 *
 * @example
 * ```ts
 * const { tensors } = readSafetensors(await readFile("model.safetensors"));
 * const weights = toReal(tensors.get("layer.weight")!, "float32");
 * ```
 */
export function readSafetensors(file: Uint8Array): SafetensorsFile {
  requireArray("The file", file, "Uint8Array");
  const { entries, metadata } = readSafetensorsHeader(file, file.length);
  return {
    tensors: new Map(
      entries.map(({ name, dtype, shape, begin, end }) => [
        name,
        { name, dtype, shape, bytes: file.subarray(begin, end) },
      ]),
    ),
    metadata,
  };
}

/**
 * The elements of a tensor of real numbers.
 *
 * Truth values are 0 and 1, and integers of 64 bits the nearest numbers.
 *
 * @throws PapilioError `TENSOR_DTYPE` for complex numbers and floating-point types of less than a byte;
 *   `ARRAY_TOO_LARGE`; `VALUE_RANGE` for a number that becomes infinite in single precision
 */
export function toReal<T extends FloatType>(tensor: SafetensorsTensor, type: T): FloatArrays[T] {
  requireTensor(tensor);
  if (tensor.dtype === "C64") codecOf(tensor.dtype);
  const { bytes } = tensor;
  return readElements(new ByteReader(bytes), storedElements(tensor, bytes.length), type)[0];
}

/**
 * The elements of a tensor of complex numbers: type `C64`.
 *
 * @throws PapilioError `TENSOR_DTYPE`, `ARRAY_TOO_LARGE`
 */
export function toComplex<T extends FloatType>(
  tensor: SafetensorsTensor,
  type: T,
): Complex<FloatArrays[T]> {
  requireTensor(tensor);
  const { bytes, dtype, name } = tensor;
  const stored = storedElements(tensor, bytes.length);
  const [re, im] = stored.complex ? readElements(new ByteReader(bytes), stored, type) : [];
  if (re !== undefined && im !== undefined) return { re, im };
  throw fileError(
    "TENSOR_DTYPE",
    `The tensor ${describeValue(name)} is ${dtype}, not complex (C64).`,
  );
}

/** What {@link readSafetensorsTensor} reads. */
export interface SafetensorsValues<T extends FloatType> {
  readonly name: string;
  /** The type of the elements in the file, such as `F32`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Complex where the type is `C64`. */
  readonly values: FloatArrays[T] | Complex<FloatArrays[T]>;
}

/**
 * One tensor of a safetensors file. Pieces of the file are released as they are read.
 *
 * @param choose gives its name, and may throw
 * @throws PapilioError what {@link readSafetensors}, {@link toReal} and {@link toComplex} throw;
 *   `TENSOR_MISSING`
 */
export function readSafetensorsTensor<T extends FloatType>(
  file: FileBytes,
  choose: (header: SafetensorsHeader) => string,
  type: T,
): SafetensorsValues<T> {
  requireFileBytes(file);
  requireFunction("choose", choose);
  const headerBytes = safetensorsHeaderBytes(headOf(file), sizeOf(file));
  const reader = new ByteReader(file);
  const start = new Uint8Array(headerBytes);
  reader.copyTo(start);
  const header = readSafetensorsHeader(start, reader.length);
  const chosen = choose(header);
  requireText("The name of the tensor", chosen);
  const entry = header.entries.find(({ name }) => name === chosen);
  if (entry === undefined) {
    throw fileError("TENSOR_MISSING", `The file has no tensor ${describeValue(chosen)}.`);
  }
  reader.drop(entry.begin - headerBytes);
  const { name, dtype, shape } = entry;
  const [re, im] = readElements(reader, storedElements(entry, entry.end - entry.begin), type);
  return { name, dtype, shape, values: im === undefined ? re : { re, im } };
}

/** How the elements of a tensor lie in its bytes. Throws `TENSOR_DTYPE`. */
function storedElements(
  { name, dtype }: { readonly name: string; readonly dtype: string },
  bytes: number,
): StoredElements {
  const what = `The tensor ${describeValue(name)}`;
  const complex = dtype === "C64";
  const part = complex ? "F32" : dtype;
  const elements = bytes / codecOf(part).bytes / (complex ? 2 : 1);
  return { elements, dtype: part, complex, littleEndian: true, what };
}

/** A tensor to write. Values of type `C64` are complex; of others, real or indices. */
export interface TensorToWrite {
  readonly name: string;
  readonly dtype: "F64" | "F32" | "F16" | "BF16" | "F8_E4M3" | "F8_E5M2" | "U32" | "I32" | "C64";
  readonly shape: readonly number[];
  readonly values: FloatArray | Uint32Array | Complex<FloatArray>;
}

/**
 * Writes a safetensors file, the same for the same tensors in any order: the larger element types first,
 * then by name. Each tensor is encoded into its place, so that memory is needed for the file and one
 * tensor more.
 *
 * @param tensors values to be encoded, or tensors whose bytes are written as they are
 * @throws PapilioError `TENSOR_SHAPE` unless every tensor has its values, of its kind; `FILE_TENSOR` for
 *   a name that occurs again or is reserved; `VALUE_RANGE` for a finite number that its type does not
 *   hold, before anything is written
 */
export function writeSafetensors(
  tensors: readonly (TensorToWrite | SafetensorsTensor)[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  requireList("The tensors", tensors);
  requireMetadata(metadata);
  const sized = tensors.map((tensor) => ({ tensor, ...sizesOf(tensor) }));
  sized.sort(
    (p, q) =>
      q.elementBytes - p.elementBytes ||
      (p.tensor.name < q.tensor.name ? -1 : p.tensor.name > q.tensor.name ? 1 : 0),
  );
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push(["__metadata__", metadata]);
  const names = new Set(["__metadata__"]);
  let end = 0;
  for (const { tensor, bytes } of sized) {
    const { name, dtype, shape } = tensor;
    if (names.has(name))
      throw fileError("FILE_TENSOR", `The name ${describeValue(name)} is taken.`);
    names.add(name);
    header.push([name, { dtype, shape, data_offsets: [end, end + bytes] }]);
    end += bytes;
  }
  const text = new TextEncoder().encode(stringifyEntries(header));
  // Data begins at a multiple of eight bytes.
  const length = 8 * Math.ceil(text.length / 8);
  const file = new Uint8Array(LENGTH_BYTES + length + end).fill(0x20, LENGTH_BYTES, length + 8);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(text, LENGTH_BYTES);
  let at = LENGTH_BYTES + length;
  for (const { tensor, bytes } of sized) {
    file.set(encodeTensor(tensor), at);
    at += bytes;
  }
  return file;
}

function requireTensor(tensor: SafetensorsTensor): void {
  requireObject("The tensor", tensor, "a tensor of a safetensors file", "bytes", "dtype", "name");
  requireText("The name of the tensor", tensor.name);
  requireText("The type of the tensor", tensor.dtype);
  requireArray("The bytes of the tensor", tensor.bytes, "Uint8Array");
}

/** @throws PapilioError `OPTION_INVALID` unless it is texts by name */
export function requireMetadata(metadata: unknown): void {
  requireOptions("The metadata", metadata);
  for (const value of Object.values(metadata ?? {})) requireText("Metadata", value);
}

/** A JSON object of entries in this order, whatever their names. */
function stringifyEntries(entries: readonly (readonly [string, unknown])[]): string {
  return `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`)}}`;
}

/** Bytes of an element and of a tensor, which has what its type and shape say. */
function sizesOf(tensor: TensorToWrite | SafetensorsTensor): {
  readonly elementBytes: number;
  readonly bytes: number;
} {
  requireObject("A tensor", tensor, "an object with name, dtype, shape and values");
  const { name, dtype, shape } = tensor;
  requireText("The name of a tensor", name);
  requireText("The type of a tensor", dtype);
  requireList("The shape of a tensor", shape);
  const refuse = (given: string): never => {
    throw fileError(
      "TENSOR_SHAPE",
      `The tensor ${describeValue(name)} of type ${dtype} and shape ${describeValue(shape)} is given ${given}.`,
    );
  };
  const bits = ELEMENT_BITS.get(dtype);
  const elements = elementsOf(shape);
  if (elements === undefined || bits === undefined || !Number.isInteger((elements * bits) / 8)) {
    return refuse("a type or a shape that the format does not have");
  }
  const bytes = (elements * bits) / 8;
  if ("bytes" in tensor) {
    requireArray("The bytes of a tensor", tensor.bytes, "Uint8Array");
    if (tensor.bytes.length !== bytes) return refuse(`${tensor.bytes.length} bytes`);
  } else {
    const { values } = tensor;
    const complex = isComplex(values);
    if (complex) requireParts(values);
    else
      requireArray(
        `The tensor ${describeValue(name)}`,
        values,
        "Float32Array",
        "Float64Array",
        "Uint32Array",
      );
    const count = complex ? values.re.length : values.length;
    if (complex !== (dtype === "C64") || count !== elements) {
      return refuse(`${count} ${complex ? "complex" : "real"} values`);
    }
    const what = `The tensor ${describeValue(name)}`;
    if ("re" in values) {
      for (const part of [values.re, values.im]) requireStorable(part, "F32", what);
    } else if (!isExact(values, dtype)) requireStorable(values, dtype, what);
  }
  return { elementBytes: bits / 8, bytes };
}

function encodeTensor(tensor: TensorToWrite | SafetensorsTensor): Uint8Array {
  if ("bytes" in tensor) return tensor.bytes;
  const { values, dtype } = tensor;
  return isComplex(values) ? encodeComplex(values, "F32") : encode(values, dtype);
}
