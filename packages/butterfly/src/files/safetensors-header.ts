import { requireArray, requireNumber } from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { ELEMENT_BITS } from "./element-types.ts";
import { elementsOf, fileError } from "./file-error.ts";
import { wrongKind } from "./file-kind.ts";
import { parseJsonText } from "./json-text.ts";

/** Where a tensor of a safetensors file lies. */
export interface SafetensorsEntry {
  readonly name: string;
  /** `F32`, `F16`, `BF16`, `F64`, `C64` and the others of the format. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Its first byte, and the one after its last, counted from the beginning of the file. */
  readonly begin: number;
  readonly end: number;
}

/** What the header of a safetensors file says, checked. */
export interface SafetensorsHeader {
  /** In the order of their places: without gaps or overlaps, from the header's end. */
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: ReadonlyMap<string, string>;
  /** Bytes of the file, this header included. */
  readonly fileBytes: number;
}

/** Bytes of a header, at most: what the format allows. */
const MOST_HEADER = 100_000_000;
/** Values of a header, at most: those of a hundred thousand tensors. */
const MOST_VALUES = 2 ** 20;
/** Bytes of a header besides spaces, at most: those of a hundred thousand tensors are fewer. */
const MOST_JSON = 2 ** 24;
/** The key of what is not a tensor. */
const METADATA = "__metadata__";
/** Bytes of the number that a file begins with: the length of what follows. */
const LENGTH_BYTES = 8;

/**
 * How many bytes at the beginning of a safetensors file are its header, of at most 100 MB: what
 * {@link readSafetensorsHeader} needs.
 *
 * @param start the first eight bytes, or more
 * @param fileBytes of the whole file, where that is known
 * @throws PapilioError `FILE_TRUNCATED`, `FILE_HEADER`
 */
export function safetensorsHeaderBytes(
  start: Uint8Array,
  fileBytes: number = Number.POSITIVE_INFINITY,
): number {
  requireArray("The beginning of the file", start, "Uint8Array");
  requireNumber("The bytes of the file", fileBytes);
  const other = wrongKind(start, ["safetensors"], "a safetensors file");
  if (other !== undefined) throw other;
  if (start.length < LENGTH_BYTES) {
    throw fileError("FILE_TRUNCATED", `The file has ${start.length} bytes, less than its header.`);
  }
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > MOST_HEADER) {
    throw fileError(
      "FILE_HEADER",
      `The header would have ${length} bytes, more than the ${MOST_HEADER} of the format: this is not a safetensors file.`,
    );
  }
  const end = LENGTH_BYTES + Number(length);
  if (end <= fileBytes) return end;
  throw fileError(
    "FILE_TRUNCATED",
    `The header ends at ${end}, but the file has ${fileBytes} bytes.`,
  );
}

/**
 * Reads the header of a safetensors file, of which no more than that need be there, and checks it:
 * tensors of the format's types within the file, without gaps or overlaps. Some of the types cannot be
 * decoded here: they may stand beside the tensors that are wanted.
 *
 * Source: the safetensors format, its section on the format.
 *
 * @param start the first {@link safetensorsHeaderBytes} of the file, or more
 * @param fileBytes of the whole file; unless given, that the file ends where its last tensor does is for
 *   the caller to check
 * @throws PapilioError `FILE_TRUNCATED`, `FILE_HEADER`, `FILE_TENSOR`
 */
export function readSafetensorsHeader(
  start: Uint8Array,
  fileBytes: number = Number.POSITIVE_INFINITY,
): SafetensorsHeader {
  const data = safetensorsHeaderBytes(start, fileBytes);
  if (data > start.length) {
    throw fileError(
      "FILE_TRUNCATED",
      `The header ends at ${data}, but ${start.length} bytes are given.`,
    );
  }
  const header = parseObject(start.subarray(LENGTH_BYTES, data));
  const entries: SafetensorsEntry[] = [];
  for (const name of Object.keys(header)) {
    if (name !== METADATA) entries.push(readEntry(name, header[name], data, fileBytes));
  }
  entries.sort((p, q) => p.begin - q.begin || p.end - q.end);
  let end = data;
  for (const entry of entries) {
    if (entry.begin !== end) {
      throw fileError(
        "FILE_TENSOR",
        `The tensor ${describeValue(entry.name)} begins at ${entry.begin}, but what is before it ends at ${end}.`,
      );
    }
    end = entry.end;
  }
  if (end < fileBytes && fileBytes !== Number.POSITIVE_INFINITY) {
    throw fileError("FILE_TENSOR", `The last tensor ends at ${end} of ${fileBytes} bytes.`);
  }
  return { entries, metadata: new Map(readMetadata(header[METADATA])), fileBytes: end };
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = parseJsonText(bytes, { values: MOST_VALUES, bytes: MOST_JSON, uniqueKeys: true });
  } catch (cause) {
    const message = `The header cannot be read as JSON: ${(cause as Error).message}.`;
    throw fileError("FILE_HEADER", message, { cause });
  }
  if (isObject(header)) return header;
  throw fileError("FILE_HEADER", "The header is not an object.");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readMetadata(metadata: unknown): [string, string][] {
  // Some writers say null where there is none.
  if (metadata === undefined || metadata === null) return [];
  if (!isObject(metadata)) throw fileError("FILE_HEADER", "The metadata is not an object.");
  return Object.entries(metadata).map(([key, value]) => {
    if (typeof value === "string") return [key, value];
    throw fileError("FILE_HEADER", `The metadata ${describeValue(key)} is not a text.`);
  });
}

function readEntry(
  name: string,
  entry: unknown,
  data: number,
  fileBytes: number,
): SafetensorsEntry {
  const refuse = (what: string): never => {
    throw fileError("FILE_TENSOR", `The tensor ${describeValue(name)} ${what}.`);
  };
  if (!isObject(entry)) return refuse("is not described by an object");
  const { dtype, shape, data_offsets: offsets } = entry;
  const bits = typeof dtype === "string" ? ELEMENT_BITS.get(dtype) : undefined;
  if (typeof dtype !== "string" || bits === undefined) {
    return refuse(`has the unknown type ${describeValue(dtype)}`);
  }
  const elements = Array.isArray(shape) ? elementsOf(shape) : undefined;
  if (elements === undefined) return refuse("has no shape of whole numbers below 2^53 in all");
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? offsets : [];
  const whole = [begin, end].every((offset) => Number.isSafeInteger(offset) && offset >= 0);
  if (!whole || begin > end || !Number.isSafeInteger(end + data)) {
    return refuse("has no offsets [begin, end] of whole numbers");
  }
  if (data + end > fileBytes) {
    throw fileError(
      "FILE_TRUNCATED",
      `The tensor ${describeValue(name)} ends at ${data + end}, but the file has ${fileBytes} bytes.`,
    );
  }
  if (8 * (end - begin) !== elements * bits) {
    return refuse(`has ${end - begin} bytes for ${elements} elements of ${bits} bits`);
  }
  return { name, dtype, shape: shape as number[], begin: data + begin, end: data + end };
}
