import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { sizeOf } from "@papilio/butterfly/files";
import { collectPieces, type Piece } from "./file-pieces.ts";

/** Bytes that any compressed file may become, and how many more for each byte that it has. */
const [MOST_DECOMPRESSED, MOST_RATIO] = [64 * 1024 * 1024, 32];

/**
 * What was compressed with gzip: no more than is in proportion to the file, as some bytes can become a
 * thousand times as many.
 *
 * @param most bytes that it may become
 * @throws Error
 */
export async function decompressed(pieces: readonly Piece[], most: number): Promise<Piece[]> {
  const size = sizeOf([...pieces]);
  const limit = Math.min(most, MOST_DECOMPRESSED + MOST_RATIO * size);
  const tooMuch = new Error(`its ${size} bytes become more than ${limit}; decompress it first`);
  const parts = Readable.from(pieces).pipe(createGunzip({ chunkSize: 2 ** 18 }));
  try {
    return await collectPieces(released(parts), limit, () => tooMuch);
  } catch (cause) {
    if (cause === tooMuch) throw cause;
    throw new Error(`it cannot be decompressed (${(cause as Error).message})`, { cause });
  }
}

/**
 * Parts that are copied before the next one is asked for: the memory of each goes back at once. Else as much of
 * it as is decompressed may wait for the collector.
 */
async function* released(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const part of parts) {
    yield part;
    const { buffer, byteOffset, byteLength } = part;
    // The decompressor goes on in a buffer that is not full.
    const isFull = byteOffset + byteLength === buffer.byteLength;
    if (isFull && buffer instanceof ArrayBuffer) buffer.transfer(0);
  }
}
