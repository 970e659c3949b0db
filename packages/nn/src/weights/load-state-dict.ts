import { arrayTag, describeValue } from "@papilio/butterfly/errors";
import {
  callback,
  number,
  objectOf,
  optional,
  signal as signalCheck,
} from "../arguments/checks.ts";
import { expandFewBits } from "./few-bits.ts";
import { type LoadProgress, LoadTracker, untilAborted } from "./load-progress.ts";
import { type Folder, type OpenFile, openBytes, openStream } from "./open-file.ts";
import { readTensors } from "./read-tensors.ts";
import { withoutPassword, withoutSecretsOf } from "./secrets.ts";
import { INDEX_FILE, MOST_INDEX_BYTES, parseShardIndex, SINGLE_FILE } from "./shard-index.ts";
import { emptyStateDict, type LoadedStateDict } from "./stored-tensor.ts";
import { type Fetch, openUrl, WebFolder } from "./web-folder.ts";
import { quoteNames, weightsError } from "./weights-error.ts";

/** A file in memory, or one that a browser's user chose. */
export type FileContents = Uint8Array | ArrayBuffer | Blob;

/**
 * Where weights come from: a file, files by their names (as {@link saveStateDict} gives them), or an
 * address: of a `.safetensors` file, of a `model.safetensors.index.json`, or of a folder with one of them,
 * which ends with a slash.
 */
export type WeightsSource = FileContents | ReadonlyMap<string, FileContents> | URL | string;

/** How weights are loaded. */
export interface LoadStateDictOptions {
  /**
   * Most bytes of tensors; if a header speaks of more, that is an error before memory is allocated. What
   * is read in all, headers, index and tensors that are passed over included, may be a mebibyte more:
   * as it is once decompressed, whatever a server sends. 64 GiB unless given.
   */
  readonly maxBytes?: number;
  /** Called with every piece that has arrived, at most 4 MiB each. */
  readonly onProgress?: (progress: LoadProgress) => void;
  /** Stops loading at once, and closes what is open. */
  readonly signal?: AbortSignal;
  /**
   * Most milliseconds that a server may take to answer, and from one piece of a file to the next; a minute
   * unless given, `Infinity` for none.
   */
  readonly timeout?: number;
  /** Instead of the global one: for headers with a token, or a cache. */
  readonly fetch?: Fetch;
}

const MAX_BYTES = 2 ** 36;
/** Milliseconds. */
const TIMEOUT = 60_000;

/**
 * Loads weights: one safetensors file, or shards with their index. Files are read one after another from
 * beginning to end, each once, and every tensor into memory of its own, or where the file is in memory
 * already, nothing is copied. Nothing is decoded: tensors do that when their numbers are asked for.
 *
 * Tensors of a shard that the index has elsewhere, or not at all, are passed over. Those of few bits, as
 * `papilio quantize` writes them, are tensors of `F32` here.
 *
 * @throws PapilioError `STATE_DICT_SOURCE` when there are no weights at the source, `STATE_DICT_INDEX`,
 *   `STATE_DICT_TOO_LARGE`; `FILE_TRUNCATED`, `FILE_HEADER`, `FILE_TENSOR` for a damaged file;
 *   `HTTP_FAILED`, `HTTP_STATUS`, `HTTP_CONTENT`, `HTTP_TIMEOUT`; the signal's reason
 *
 * @example
 * ```ts
 * const state = await loadStateDict("https://example.org/model/model.safetensors.index.json", {
 *   onProgress: ({ loaded, total }) => (bar.value = loaded / (total ?? Infinity)),
 * });
 * const weight = state.get("model.norm.weight")?.toReal("float32");
 * ```
 */
export async function loadStateDict(
  source: WeightsSource,
  options: LoadStateDictOptions = {},
): Promise<LoadedStateDict> {
  const tracker = trackerOf(options);
  const { signal, timeout = TIMEOUT } = options;
  signal?.throwIfAborted();
  if (source instanceof Map) return loadFolder(new MemoryFolder(source), tracker);
  if (typeof source !== "string" && !(source instanceof URL)) {
    return loadSingle(openContents(source as FileContents), "the file", tracker);
  }
  const web = { fetch: options.fetch ?? ((url, init) => fetch(url, init)), signal, timeout };
  const url = toUrl(source);
  const folder = new WebFolder(url, web);
  if (url.pathname.endsWith("/")) return loadFolder(folder, tracker);
  const file = await openUrl(url, web);
  if (url.pathname.endsWith(".json")) return loadSharded(file, folder, tracker);
  return loadSingle(file, url.pathname.slice(url.pathname.lastIndexOf("/") + 1), tracker);
}

const optionsCheck = objectOf({
  maxBytes: optional(number),
  onProgress: optional(callback),
  signal: signalCheck,
  timeout: optional(number),
  fetch: optional(callback),
});

/** What is common to a load. Throws `OPTION_INVALID`. */
export function trackerOf(options: LoadStateDictOptions): LoadTracker {
  optionsCheck("loadStateDict", options);
  const { maxBytes = MAX_BYTES, signal, onProgress } = options;
  return new LoadTracker(maxBytes, signal, onProgress);
}

/** The weights of a folder: its one file if it has that, else its shards. */
export async function loadFolder(folder: Folder, tracker: LoadTracker): Promise<LoadedStateDict> {
  const single = await folder.open(SINGLE_FILE);
  if (single !== undefined) return loadSingle(single, SINGLE_FILE, tracker);
  const index = await folder.open(INDEX_FILE);
  if (index !== undefined) return loadSharded(index, folder, tracker);
  throw weightsError(
    "STATE_DICT_SOURCE",
    `There is neither ${SINGLE_FILE} nor ${INDEX_FILE} in ${quoteNames([folder.name])}.`,
  );
}

export async function loadSingle(
  file: OpenFile,
  name: string,
  tracker: LoadTracker,
): Promise<LoadedStateDict> {
  const state = emptyStateDict();
  const { tensors, metadata } = await readTensors(file, name, tracker);
  for (const tensor of tensors) state.set(tensor.name, tensor);
  for (const [key, value] of metadata) state.metadata.set(key, value);
  expandFewBits(state);
  return state;
}

/** @param index of the shards, open, which is closed here */
export async function loadSharded(
  index: OpenFile,
  folder: Folder,
  tracker: LoadTracker,
): Promise<LoadedStateDict> {
  const { shards, totalBytes } = parseShardIndex(await readIndex(index, tracker));
  tracker.announce(shards.size, totalBytes);
  const state = emptyStateDict();
  for (const [name, names] of shards) {
    const file = await folder.open(name);
    if (file === undefined) {
      throw weightsError(
        "STATE_DICT_INDEX",
        `The shard ${quoteNames([name])} of the index is not in ${quoteNames([folder.name])}.`,
      );
    }
    const { tensors, metadata } = await readTensors(file, name, tracker, (one) => names.has(one));
    for (const tensor of tensors) state.set(tensor.name, tensor);
    const missing = [...names].filter((one) => !state.has(one));
    if (missing.length > 0) {
      throw weightsError(
        "STATE_DICT_INDEX",
        `${missing.length} tensors that the index has in the shard ${quoteNames([name])} are not there: ${quoteNames(missing)}.`,
      );
    }
    for (const [key, value] of metadata) {
      if (!state.metadata.has(key)) state.metadata.set(key, value);
    }
  }
  expandFewBits(state);
  return state;
}

async function readIndex(file: OpenFile, tracker: LoadTracker): Promise<Uint8Array> {
  const { signal } = tracker;
  let bytes = new Uint8Array(2 ** 16);
  let length = 0;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const count = await untilAborted(file.read(bytes.subarray(length)), signal);
      if (count === 0) return bytes.subarray(0, length);
      tracker.reserve(count, INDEX_FILE);
      length += count;
      if (length < bytes.length) continue;
      if (length >= MOST_INDEX_BYTES) {
        throw weightsError("STATE_DICT_INDEX", `The index has more than ${length - 1} bytes.`);
      }
      bytes = new Uint8Array(bytes.buffer.transfer(2 * length));
    }
  } finally {
    await file.close();
  }
}

class MemoryFolder implements Folder {
  readonly name: string = "the files given";
  readonly #files: ReadonlyMap<string, FileContents>;

  constructor(files: ReadonlyMap<string, FileContents>) {
    this.#files = files;
  }

  open(file: string): Promise<OpenFile | undefined> {
    const contents = this.#files.get(file);
    return Promise.resolve(contents === undefined ? undefined : openContents(contents));
  }
}

function openContents(contents: FileContents): OpenFile {
  // By what it can do: a blob of another realm (a frame) is as good.
  if (isBlob(contents)) {
    return openStream(contents.stream(), contents.size, (cause) =>
      weightsError(
        "FILE_TRUNCATED",
        `The file cannot be read: ${(cause as Error).message}.`,
        cause,
      ),
    );
  }
  if (arrayTag(contents) === "Uint8Array") return openBytes(contents as Uint8Array);
  if (isBuffer(contents)) return openBytes(new Uint8Array(contents));
  throw weightsError(
    "STATE_DICT_SOURCE",
    `The contents of a file are ${describeValue(contents)}, but they must be a Uint8Array, an ArrayBuffer or a Blob.`,
  );
}

function isBlob(contents: unknown): contents is Blob {
  return typeof (contents as Partial<Blob> | null | undefined)?.stream === "function";
}

function isBuffer(contents: unknown): contents is ArrayBuffer {
  return /ArrayBuffer\]$/.test(Object.prototype.toString.call(contents));
}

function toUrl(source: URL | string): URL {
  try {
    // In a page, addresses may be relative to it.
    return new URL(source, (globalThis as { location?: { href: string } }).location?.href);
  } catch (cause) {
    throw weightsError(
      "STATE_DICT_SOURCE",
      `${quoteNames([withoutPassword(String(source))])} is not an address. Files are loaded by loadStateDict of @papilio/nn/node.`,
      withoutSecretsOf([String(source)], cause),
    );
  }
}
