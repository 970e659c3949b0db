import type { Complex } from "../complex/complex.ts";
import type { FloatArray, FloatArrays, FloatType } from "../float-array.ts";
import { decode, decodeComplex, ELEMENT_BYTES, encode, encodeComplex } from "./element-types.ts";
import { elementsOf, fileError, quote } from "./file-error.ts";

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

/** Bytes of a header, at most: what the format allows. */
const MOST_HEADER = 100_000_000;
const LENGTH_BYTES = 8;

/**
 * Reads the header of a safetensors file and checks it: tensors of known types within the file, without
 * gaps or overlaps. Nothing is copied or decoded.
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
  const { header, data } = readHeader(file);
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors = Object.entries(entries).map(([name, entry]) => readTensor(name, entry, data));
  tensors.sort((p, q) => p.begin - q.begin || p.end - q.end);
  let end = 0;
  for (const tensor of tensors) {
    if (tensor.begin !== end) {
      throw fileError(
        "FILE_TENSOR",
        `The tensor ${quote(tensor.name)} begins at ${tensor.begin}, but what is before it ends at ${end}.`,
      );
    }
    end = tensor.end;
  }
  if (end < data.length) {
    throw fileError("FILE_TENSOR", `The last tensor ends at ${end} of ${data.length} bytes.`);
  }
  return {
    tensors: new Map(
      tensors.map(({ name, dtype, shape, bytes }) => [name, { name, dtype, shape, bytes }]),
    ),
    metadata: new Map(readMetadata(metadata)),
  };
}

/**
 * The elements of a tensor of real numbers.
 *
 * @throws PapilioError `TENSOR_DTYPE` for complex numbers, booleans and integers of other sizes than 32
 *   bits; `ARRAY_TOO_LARGE`
 */
export function toReal<T extends FloatType>(
  { bytes, dtype }: SafetensorsTensor,
  type: T,
): FloatArrays[T] {
  return decode(bytes, dtype, type);
}

/**
 * The elements of a tensor of complex numbers: type `C64`.
 *
 * @throws PapilioError `TENSOR_DTYPE`, `ARRAY_TOO_LARGE`
 */
export function toComplex<T extends FloatType>(
  { bytes, dtype, name }: SafetensorsTensor,
  type: T,
): Complex<FloatArrays[T]> {
  if (dtype === "C64") return decodeComplex(bytes, "F32", type);
  throw fileError("TENSOR_DTYPE", `The tensor ${quote(name)} is ${dtype}, not complex (C64).`);
}

/** A tensor to write. Values of type `C64` are complex; of others, real or indices. */
export interface TensorToWrite {
  readonly name: string;
  readonly dtype: "F64" | "F32" | "F16" | "BF16" | "U32" | "I32" | "C64";
  readonly shape: readonly number[];
  readonly values: FloatArray | Uint32Array | Complex<FloatArray>;
}

/**
 * Writes a safetensors file, the same for the same tensors in any order: the larger element types first,
 * then by name.
 *
 * @throws PapilioError `TENSOR_SHAPE` unless every tensor has its values, of its kind; `FILE_TENSOR` for
 *   a name that occurs again or is reserved
 */
export function writeSafetensors(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const size = ({ dtype }: TensorToWrite): number => ELEMENT_BYTES.get(dtype) as number;
  const ordered = tensors.toSorted(
    (p, q) => size(q) - size(p) || (p.name < q.name ? -1 : p.name > q.name ? 1 : 0),
  );
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push(["__metadata__", metadata]);
  let end = 0;
  const bodies = ordered.map((tensor) => {
    const body = encodeTensor(tensor);
    if (header.some(([name]) => name === tensor.name) || tensor.name === "__metadata__") {
      throw fileError("FILE_TENSOR", `The name ${quote(tensor.name)} is taken.`);
    }
    const offsets = [end, end + body.length];
    header.push([tensor.name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: offsets }]);
    end += body.length;
    return body;
  });
  const text = new TextEncoder().encode(stringifyEntries(header));
  // Data begins at a multiple of eight bytes.
  const length = 8 * Math.ceil(text.length / 8);
  const file = new Uint8Array(LENGTH_BYTES + length + end).fill(0x20, LENGTH_BYTES, length + 8);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(text, LENGTH_BYTES);
  let at = LENGTH_BYTES + length;
  for (const body of bodies) {
    file.set(body, at);
    at += body.length;
  }
  return file;
}

/** A JSON object of entries in this order, whatever their names. */
function stringifyEntries(entries: readonly (readonly [string, unknown])[]): string {
  return `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`)}}`;
}

function encodeTensor({ name, dtype, shape, values }: TensorToWrite): Uint8Array<ArrayBuffer> {
  const complex = "re" in values;
  const count = complex ? values.re.length : values.length;
  if (complex !== (dtype === "C64") || elementsOf(shape) !== count) {
    throw fileError(
      "TENSOR_SHAPE",
      `The tensor ${quote(name)} of type ${dtype} and shape [${shape}] is given ${count} ${complex ? "complex" : "real"} values.`,
    );
  }
  return complex ? encodeComplex(values, "F32") : encode(values, dtype);
}

function readHeader(file: Uint8Array): { header: Record<string, unknown>; data: Uint8Array } {
  if (file.length < LENGTH_BYTES) {
    throw fileError("FILE_TRUNCATED", `The file has ${file.length} bytes, less than its header.`);
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > MOST_HEADER) {
    throw fileError(
      "FILE_HEADER",
      `The header would have ${length} bytes, more than the ${MOST_HEADER} of the format: this is no safetensors file.`,
    );
  }
  const start = LENGTH_BYTES + Number(length);
  if (start > file.length) {
    throw fileError(
      "FILE_TRUNCATED",
      `The header ends at ${start}, but the file has ${file.length} bytes.`,
    );
  }
  const header = parseObject(file.subarray(LENGTH_BYTES, start));
  return { header, data: file.subarray(start) };
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw fileError("FILE_HEADER", `The header is not JSON: ${(cause as Error).message}.`, cause);
  }
  if (isObject(header)) return header;
  throw fileError("FILE_HEADER", "The header is not an object.");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readMetadata(metadata: unknown): [string, string][] {
  if (!isObject(metadata)) throw fileError("FILE_HEADER", "The metadata is not an object.");
  return Object.entries(metadata).map(([key, value]) => {
    if (typeof value === "string") return [key, value];
    throw fileError("FILE_HEADER", `The metadata ${quote(key)} is not a text.`);
  });
}

function readTensor(
  name: string,
  entry: unknown,
  data: Uint8Array,
): SafetensorsTensor & { readonly begin: number; readonly end: number } {
  const refuse = (what: string): never => {
    throw fileError("FILE_TENSOR", `The tensor ${quote(name)} ${what}.`);
  };
  if (!isObject(entry)) return refuse("is not described by an object");
  const { dtype, shape, data_offsets: offsets } = entry;
  const size = typeof dtype === "string" ? ELEMENT_BYTES.get(dtype) : undefined;
  if (typeof dtype !== "string" || size === undefined) {
    return refuse(`has the unknown type ${quote(String(JSON.stringify(dtype)))}`);
  }
  const elements = Array.isArray(shape) ? elementsOf(shape) : undefined;
  if (elements === undefined) return refuse("has no shape of whole numbers below 2^53 in all");
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? offsets : [];
  if (!(Number.isSafeInteger(begin) && Number.isSafeInteger(end) && begin >= 0 && begin <= end)) {
    return refuse("has no offsets [begin, end] of whole numbers");
  }
  if (end > data.length) {
    throw fileError(
      "FILE_TRUNCATED",
      `The tensor ${quote(name)} ends at ${end}, but there are ${data.length} bytes of data.`,
    );
  }
  if (end - begin !== elements * size) {
    return refuse(`has ${end - begin} bytes for ${elements} elements of ${size}`);
  }
  return { name, dtype, shape: shape as number[], bytes: data.subarray(begin, end), begin, end };
}
