import { PapilioError } from "@papilio/butterfly";
import {
  readSafetensorsHeader,
  type SafetensorsEntry,
  safetensorsHeaderBytes,
  wrongKind,
} from "@papilio/butterfly/files";
import { type LoadTracker, untilAborted } from "./load-progress.ts";
import type { OpenFile } from "./open-file.ts";
import { StoredTensor } from "./stored-tensor.ts";
import { quoteNames, weightsError } from "./weights-error.ts";

/** Most bytes in one call: how often progress is reported and an abort noticed. */
const MOST_AT_ONCE = 2 ** 22;
/** Allocated for a tensor whose bytes may never come; doubled when that many have. */
const FIRST_BYTES = 2 ** 24;
/** Bytes of the number that a safetensors file begins with. */
const LENGTH_BYTES = 8;
/** Bytes by which a file of another kind is recognised. */
const KIND_BYTES = 1024;

/** The tensors that were asked for, of one safetensors file. */
export interface ReadTensors {
  readonly tensors: readonly StoredTensor[];
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Reads a safetensors file from its beginning to its end, each tensor into memory of its own: the file
 * is never there as a whole beside them. Closes it.
 *
 * @param wanted names of tensors; the others are passed over
 * @throws PapilioError `FILE_TRUNCATED`, `FILE_HEADER`, `FILE_TENSOR`, `STATE_DICT_TOO_LARGE`; the
 *   signal's reason
 */
export async function readTensors(
  file: OpenFile,
  name: string,
  tracker: LoadTracker,
  wanted: (tensor: string) => boolean = () => true,
): Promise<ReadTensors> {
  try {
    return await readOpenFile(file, name, tracker, wanted);
  } catch (error) {
    if (!(error instanceof PapilioError) || !error.code.startsWith("FILE_")) throw error;
    // Those who read headers do not know whose they are.
    const { code, message, fix, cause } = error;
    throw new PapilioError(code, `In ${quoteNames([name])}: ${message}`, fix, { cause });
  } finally {
    await file.close();
  }
}

async function readOpenFile(
  file: OpenFile,
  name: string,
  tracker: LoadTracker,
  wanted: (tensor: string) => boolean,
): Promise<ReadTensors> {
  const { signal } = tracker;
  const length = await readBytes(file, LENGTH_BYTES, signal);
  const headerBytes = await headerBytesOf(file, length, signal);
  tracker.reserve(headerBytes, name);
  const start = await readBytes(file, headerBytes, signal, { before: length });
  const { entries, metadata, fileBytes } = readSafetensorsHeader(start, file.size);
  const chosen = entries.filter((entry) => wanted(entry.name));
  tracker.begin(
    name,
    chosen.reduce((sum, { begin, end }) => sum + end - begin, 0),
  );
  if (file.later !== undefined) {
    const { later } = file;
    const tensors = chosen.map((entry) => {
      tracker.add(entry.end - entry.begin);
      return new StoredTensor(entry, entry.end - entry.begin, later(entry.begin, entry.end));
    });
    return { tensors, metadata };
  }
  const tensors: StoredTensor[] = [];
  for (const entry of entries) {
    tracker.reserve(entry.end - entry.begin, name);
    const tensor = await readEntry(file, entry, wanted(entry.name), tracker);
    if (tensor !== undefined) tensors.push(tensor);
  }
  if (file.size === undefined && (await readSome(file, new Uint8Array(1), signal)) > 0) {
    throw weightsError("FILE_TENSOR", `The last tensor ends at ${fileBytes}, and more follows.`);
  }
  return { tensors, metadata };
}

/** The length of the header; where it is not the length of one, more of the file tells what the file is. */
async function headerBytesOf(
  file: OpenFile,
  length: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<number> {
  try {
    return safetensorsHeaderBytes(length, file.size);
  } catch (error) {
    const more = new Uint8Array(KIND_BYTES);
    const count = await readSome(file, more, signal);
    const start = Uint8Array.of(...length, ...more.subarray(0, count));
    throw wrongKind(start, ["safetensors"], "a safetensors file") ?? error;
  }
}

async function readEntry(
  file: OpenFile,
  entry: SafetensorsEntry,
  wanted: boolean,
  tracker: LoadTracker,
): Promise<StoredTensor | undefined> {
  const bytes = entry.end - entry.begin;
  const { signal } = tracker;
  if (wanted) {
    const onBytes = (count: number): void => tracker.add(count);
    const read = await readBytes(file, bytes, signal, { onBytes });
    return new StoredTensor(entry, bytes, () => read);
  }
  const scratch = new Uint8Array(Math.min(bytes, MOST_AT_ONCE));
  for (let left = bytes; left > 0; ) {
    left -= await readSome(file, scratch.subarray(0, left), signal, left);
  }
  return undefined;
}

/**
 * So many bytes of the file, in memory of their own. Where the size of the file is not certain, no more
 * than twice what has arrived is allocated: a header of a few bytes may speak of terabytes.
 */
async function readBytes(
  file: OpenFile,
  bytes: number,
  signal: AbortSignal | undefined,
  {
    onBytes,
    before = new Uint8Array(0),
  }: {
    readonly onBytes?: (count: number) => void;
    /** Those of them that were read already. */
    readonly before?: Uint8Array;
  } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  let buffer = allocate(file.size === undefined ? Math.min(bytes, FIRST_BYTES) : bytes);
  new Uint8Array(buffer).set(before);
  for (let at = before.length; at < bytes; ) {
    if (at === buffer.byteLength) buffer = grow(buffer, Math.min(bytes, 2 * at));
    const most = Math.min(buffer.byteLength - at, MOST_AT_ONCE);
    const count = await readSome(file, new Uint8Array(buffer, at, most), signal, bytes - at);
    at += count;
    onBytes?.(count);
  }
  return new Uint8Array(buffer);
}

/** Some of the next bytes; none only where none are `missing` at the end of the file. */
async function readSome(
  file: OpenFile,
  target: Uint8Array<ArrayBuffer>,
  signal: AbortSignal | undefined,
  missing: number = 0,
): Promise<number> {
  signal?.throwIfAborted();
  const count = await untilAborted(file.read(target), signal);
  if (count > 0 || missing === 0) return count;
  throw weightsError("FILE_TRUNCATED", `The file ends where ${missing} bytes more should follow.`);
}

function allocate(bytes: number): ArrayBuffer {
  return orTooLarge(bytes, () => new ArrayBuffer(bytes));
}

function grow(buffer: ArrayBuffer, bytes: number): ArrayBuffer {
  return orTooLarge(bytes, () => buffer.transfer(bytes));
}

function orTooLarge<T>(bytes: number, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw weightsError(
      "STATE_DICT_TOO_LARGE",
      `A tensor has ${bytes} bytes, more than this machine can allocate at once.`,
      cause,
    );
  }
}
