import type { FileHandle } from "node:fs/promises";
import { PapilioError } from "@papilio/butterfly";

/** Bytes of a file, which belong to whoever reads them. */
export type Piece = Uint8Array<ArrayBuffer>;

/** Bytes of a piece. */
const PIECE = 2 ** 20;
const NEWLINE = 0x0a;
/** Bytes of a line, at most: a case of a results file has some thousands. */
const MOST_LINE = 2 ** 24;
/** First memory for what says no size. */
const FIRST_BYTES = 2 ** 16;

/**
 * Memory for a piece. That of a resizable buffer comes from the system alone and goes back to it when the
 * piece is released; other memory of this size may stay with the process for as long as what was allocated
 * after it.
 */
function allocate(bytes: number): Piece {
  const isSmall = bytes < PIECE;
  return new Uint8Array(isSmall ? new ArrayBuffer(bytes) : resizable(bytes));
}

function resizable(bytes: number): ArrayBuffer {
  return new ArrayBuffer(bytes, { maxByteLength: bytes });
}

/**
 * Reads on until the end: files of the system say that they have no bytes, and others grow.
 *
 * @param size that the file says it has
 * @throws Error for more bytes than `most`
 */
export async function readPieces(handle: FileHandle, size: number, most: number): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for (let length = 0; ; ) {
    // One byte more than there should be shows the end.
    const piece = allocate(Math.min(PIECE, Math.max(size - length, FIRST_BYTES) + 1));
    let filled = 0;
    let ended = false;
    while (filled < piece.length && !ended) {
      const { bytesRead } = await handle.read(piece, filled, piece.length - filled);
      ended = bytesRead === 0;
      filled += bytesRead;
      if (length + filled > most) throw longer(`more than ${most} bytes`, most);
    }
    length += filled;
    pieces.push(piece.subarray(0, filled));
    if (ended) return pieces;
  }
}

/**
 * Collects what comes in parts of any size.
 *
 * @throws Error for more bytes than `most`: what `tooMany` gives
 */
export async function collectPieces(
  parts: AsyncIterable<Uint8Array>,
  most: number,
  tooMany: () => Error = () => longer(`more than ${most} bytes`, most),
): Promise<Piece[]> {
  const pieces: Piece[] = [];
  let piece = allocate(PIECE);
  let filled = 0;
  for await (const part of parts) {
    if (pieces.length * PIECE + filled + part.length > most) throw tooMany();
    for (let rest = part; rest.length > 0; ) {
      if (filled === PIECE) {
        pieces.push(piece);
        piece = allocate(PIECE);
        filled = 0;
      }
      const taken = rest.subarray(0, PIECE - filled);
      piece.set(taken, filled);
      filled += taken.length;
      rest = rest.subarray(taken.length);
    }
  }
  pieces.push(piece.subarray(0, filled));
  return pieces;
}

/**
 * The lines of a text in UTF-8, without their ends, as `split` of the text gives them. Each piece is released
 * when its lines are read.
 *
 * @throws PapilioError `INPUT_UNREADABLE` for a line of more than 16 MiB
 */
export function* linesOf(pieces: Uint8Array[]): Generator<string> {
  const decoder = new TextDecoder();
  let begun: Uint8Array[] = [];
  let length = 0;
  for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
    let from = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, from)) {
      const rest = piece.subarray(from, end);
      yield decoder.decode(begun.length === 0 ? rest : Buffer.concat([...begun, rest]));
      [begun, length] = [[], 0];
      from = end + 1;
    }
    begun.push(piece.slice(from));
    length += piece.length - from;
    if (length > MOST_LINE) throw lineTooLong();
    const { buffer } = piece;
    if (buffer instanceof ArrayBuffer && buffer.resizable) buffer.transfer(0);
  }
  yield decoder.decode(Buffer.concat(begun));
}

function lineTooLong(): PapilioError {
  return new PapilioError(
    "INPUT_UNREADABLE",
    `A line of the file has more than ${MOST_LINE} bytes.`,
    "Give a file that `papilio bench --json FILE` wrote.",
  );
}

export function longer(has: string, most: number): Error {
  return new Error(`it has ${has}, and at most ${most} are read`);
}
