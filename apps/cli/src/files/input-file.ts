import { constants, fstatSync, type Stats } from "node:fs";
import { open } from "node:fs/promises";
import { PapilioError } from "@papilio/butterfly";
import { fileKind, headOf, joinBytes, parseJsonText, wrongKind } from "@papilio/butterfly/files";
import { decompressed } from "./decompress.ts";
import { collectPieces, longer, type Piece, readPieces } from "./file-pieces.ts";

/** A results file of 10,000 cases is about a tenth of this. */
const MAX_TEXT_BYTES = 256 * 1024 * 1024;
/** What is read into memory at once: below what a typed array can hold. */
const MAX_BYTES = 2 ** 32;
/**
 * What is read as one text. A configuration beside a model has some kilobytes, or a megabyte with the names of
 * many classes.
 */
export const MAX_JSON_BYTES: number = 16 * 1024 * 1024;

/**
 * The text of a file of JSON that a person named, of 16 MiB at most.
 *
 * @throws PapilioError `INPUT_UNREADABLE`; `FILE_HEADER` for a file of another kind
 */
export async function readText(file: string): Promise<string> {
  return new TextDecoder().decode(joinBytes(await readTextPieces(file, MAX_JSON_BYTES)));
}

/**
 * The same in pieces.
 *
 * @param most bytes that it may have; those of a results file unless given
 * @throws PapilioError `INPUT_UNREADABLE`; `FILE_HEADER` for a file of another kind
 */
export async function readTextPieces(
  file: string,
  most: number = MAX_TEXT_BYTES,
): Promise<Piece[]> {
  const wanted = "that `papilio bench --json FILE` wrote";
  const pieces = await read(file, { most, wanted });
  const other = wrongKind(headOf(pieces), ["json", "json-lines", "empty"], "JSON");
  if (other !== undefined) throw other;
  return pieces;
}

/**
 * The bytes of a results file that is to be appended to: as they are, of a plain file.
 *
 * @throws PapilioError `INPUT_UNREADABLE`
 */
export async function readAsItIs(file: string): Promise<Uint8Array> {
  const wanted = "that `papilio bench --json FILE` wrote";
  return joinBytes(await read(file, { most: MAX_TEXT_BYTES, wanted, plain: true, asIs: true }));
}

/**
 * The bytes of a file that a person named: a file, or a pipe, `-` for the standard input. What is
 * compressed with gzip is decompressed. In pieces, which a reader releases while it makes something of
 * them.
 *
 * @param most bytes that it may have
 * @throws PapilioError `INPUT_UNREADABLE`
 */
export function readInput(file: string, most: number = MAX_BYTES): Promise<Piece[]> {
  return read(file, {
    most,
    wanted: "that you may read, of a format that is read here",
  });
}

/** The same in one array. */
export async function readBytes(file: string, most?: number): Promise<Uint8Array> {
  return joinBytes(await readInput(file, most));
}

/**
 * What a JSON file beside a model holds. It must be a plain file: nobody named it.
 *
 * @param wanted what it should be, to end the sentence "Give a file ..."
 * @throws PapilioError `INPUT_UNREADABLE`
 */
export async function readJson(file: string, wanted: string): Promise<unknown> {
  const bytes = joinBytes(await read(file, { most: MAX_JSON_BYTES, wanted, plain: true }));
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
): Promise<Piece[]> {
  try {
    const pieces = await readToLimit(file, most, plain);
    const compressed = !asIs && fileKind(headOf(pieces))?.id === "gzip";
    return compressed ? await decompressed(pieces, most) : pieces;
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
async function readToLimit(file: string, most: number, plain: boolean): Promise<Piece[]> {
  const { O_RDONLY, O_NONBLOCK = 0 } = constants;
  // A pipe that nobody writes to would keep whoever opens it waiting.
  if (file === "-") {
    assertReadable(fstatSync(0), most, plain);
    return collectPieces(process.stdin as AsyncIterable<Uint8Array>, most);
  }
  const opened = await open(file, O_RDONLY | (plain ? O_NONBLOCK : 0));
  try {
    const status = await opened.stat();
    assertReadable(status, most, plain);
    return await readPieces(opened, status.size, most);
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
  if (status.size > most) throw longer(`${status.size} bytes`, most);
}
