import { constants, fstatSync, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { PapilioError } from "@papilio/butterfly";
import { fileKind, parseJsonText, wrongKind } from "@papilio/butterfly/files";

/** A results file of 10,000 cases is about a tenth of this. */
const MAX_TEXT_BYTES = 256 * 1024 * 1024;
/** What is read into memory at once: below what a typed array can hold. */
const MAX_BYTES = 2 ** 32;
/** A configuration beside a model has some kilobytes, or a megabyte with the names of many classes. */
const MAX_JSON_BYTES = 16 * 1024 * 1024;
/** Bytes that any compressed file may become, and how many more for each byte that it has. */
const [MOST_DECOMPRESSED, MOST_RATIO] = [64 * 1024 * 1024, 32];
/** First memory for what says no size. */
const FIRST_BYTES = 2 ** 16;

const decompress = promisify(gunzip);

/**
 * The text of a results file that a person named.
 *
 * @throws PapilioError `INPUT_UNREADABLE`; `FILE_HEADER` for a file of another kind
 */
export async function readText(file: string): Promise<string> {
  const bytes = await read(file, {
    most: MAX_TEXT_BYTES,
    wanted: "that `papilio bench --json FILE` wrote",
  });
  const other = wrongKind(bytes, ["json", "json-lines", "empty"], "JSON");
  if (other !== undefined) throw other;
  return new TextDecoder().decode(bytes);
}

/**
 * The bytes of a results file that is to be appended to: as they are, of a plain file.
 *
 * @throws PapilioError `INPUT_UNREADABLE`
 */
export function readAsItIs(file: string): Promise<Uint8Array> {
  const wanted = "that `papilio bench --json FILE` wrote";
  return read(file, { most: MAX_TEXT_BYTES, wanted, plain: true, asIs: true });
}

/**
 * The bytes of a file that a person named: a file, or a pipe, `-` for the standard input. What is
 * compressed with gzip is decompressed.
 *
 * @param most bytes that it may have
 * @throws PapilioError `INPUT_UNREADABLE`
 */
export function readBytes(file: string, most: number = MAX_BYTES): Promise<Uint8Array> {
  return read(file, {
    most,
    wanted: "that you may read, of a format that is read here",
  });
}

/**
 * What a JSON file beside a model holds. It must be a plain file: nobody named it.
 *
 * @param wanted what it should be, to end the sentence "Give a file ..."
 * @throws PapilioError `INPUT_UNREADABLE`
 */
export async function readJson(file: string, wanted: string): Promise<unknown> {
  const bytes = await read(file, { most: MAX_JSON_BYTES, wanted, plain: true });
  try {
    return parseJsonText(bytes);
  } catch (cause) {
    const kind = fileKind(bytes);
    const what = kind === undefined || kind.id === "json" ? "" : `, but ${kind.description}`;
    throw new PapilioError(
      "INPUT_UNREADABLE",
      `The file ${file} is not JSON${what}: ${(cause as Error).message}.`,
      `Give a file ${wanted}.`,
      { cause },
    );
  }
}

interface Reading {
  /** Bytes, at most. */
  readonly most: number;
  /** To end the sentence "Give a file ...". */
  readonly wanted: string;
  /** Whether pipes are refused. */
  readonly plain?: boolean;
  /** Whether what is compressed stays so. */
  readonly asIs?: boolean;
}

async function read(
  file: string,
  { most, wanted, plain = false, asIs = false }: Reading,
): Promise<Uint8Array> {
  try {
    const bytes = await readToLimit(file, most, plain);
    return !asIs && fileKind(bytes)?.id === "gzip" ? await decompressed(bytes, most) : bytes;
  } catch (cause) {
    throw new PapilioError(
      "INPUT_UNREADABLE",
      `The file ${file} cannot be read: ${(cause as Error).message}.`,
      `Give a file ${wanted}.`,
      { cause },
    );
  }
}

/** All of a plain file or a pipe. Devices, which may have no end, and folders are refused. */
async function readToLimit(file: string, most: number, plain: boolean): Promise<Uint8Array> {
  const { O_RDONLY, O_NONBLOCK = 0 } = constants;
  // A pipe that nobody writes to would keep whoever opens it waiting.
  if (file === "-") {
    assertReadable(fstatSync(0), most, plain);
    return readStream(process.stdin, most);
  }
  const opened = await open(file, O_RDONLY | (plain ? O_NONBLOCK : 0));
  try {
    const status = await opened.stat();
    assertReadable(status, most, plain);
    return await readAll(opened, status.size, most);
  } finally {
    await opened.close();
  }
}

function assertReadable(status: Stats, most: number, plain: boolean): void {
  if (status.isDirectory()) throw new Error("it is a folder");
  const isPipe = status.isFIFO() || status.isSocket();
  if (!status.isFile() && (plain || !isPipe)) {
    throw new Error(`it is ${plain ? "no plain file" : "neither a plain file nor a pipe"}`);
  }
  if (status.size > most) throw tooLong(`${status.size} bytes`, most);
}

/** Reads on until the end: files of the system say that they have no bytes, and others grow. */
async function readAll(handle: FileHandle, size: number, most: number): Promise<Uint8Array> {
  let bytes = new Uint8Array(size === 0 ? FIRST_BYTES : size + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length);
    if (bytesRead === 0) return bytes.subarray(0, length);
    length += bytesRead;
    if (length > most) throw tooLong(`more than ${most} bytes`, most);
    if (length === bytes.length) bytes = new Uint8Array(bytes.buffer.transfer(2 * length));
  }
}

async function readStream(stream: NodeJS.ReadStream, most: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of stream as AsyncIterable<Uint8Array>) {
    length += piece.length;
    if (length > most) throw tooLong(`more than ${most} bytes`, most);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** No more than is in proportion to the file: some bytes of gzip can become a thousand times as many. */
async function decompressed(bytes: Uint8Array, most: number): Promise<Uint8Array> {
  const limit = Math.min(most, MOST_DECOMPRESSED + MOST_RATIO * bytes.length);
  try {
    return await decompress(bytes, { maxOutputLength: limit });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") {
      throw new Error(`its ${bytes.length} bytes become more than ${limit}; decompress it first`, {
        cause,
      });
    }
    throw new Error(`it cannot be decompressed (${message})`, { cause });
  }
}

function tooLong(has: string, most: number): Error {
  return new Error(`it has ${has}, and at most ${most} are read`);
}
