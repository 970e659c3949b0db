import type { BigIntStats } from "node:fs";
import { constants, type FileHandle, open } from "node:fs/promises";
import { sync } from "./temporary-file.ts";

/** Bytes that are copied at once. */
const CHUNK = 2 ** 20;

/** Reads at most so many bytes from a position on. */
type Read = (position: number, length: number) => Promise<Uint8Array>;

/**
 * Writes over a regular file in place, so that its other names, permissions and owner are kept. What
 * makes it longer is written first: when the disk is full, the old contents are as they were.
 *
 * @param expected the file that is meant; nothing is written to another
 * @param source a file's path, or contents in memory
 * @returns whether the file was there
 */
export async function overwrite(
  path: string,
  expected: BigIntStats,
  source: string | { readonly contents: string | Uint8Array },
): Promise<boolean> {
  const file = await open(path, constants.O_WRONLY).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  if (file === undefined) return false;
  let from: FileHandle | undefined;
  try {
    const status = await file.stat({ bigint: true });
    if (!isSame(status, expected)) return false;
    const old = Number(status.size);
    let read: Read;
    let size: number;
    if (typeof source === "string") {
      const handle = await open(source, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
      from = handle;
      size = (await handle.stat()).size;
      read = async (position, length) => {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
        return buffer.subarray(0, bytesRead);
      };
    } else {
      const bytes = Buffer.from(source.contents as Uint8Array);
      size = bytes.length;
      read = (position, length) => Promise.resolve(bytes.subarray(position, position + length));
    }
    const both = Math.min(old, size);
    try {
      await copy(read, file, both, size);
    } catch (error) {
      await file.truncate(old);
      throw error;
    }
    await copy(read, file, 0, both);
    await file.truncate(size);
    await sync(file);
    return true;
  } finally {
    await from?.close();
    await file.close();
  }
}

async function copy(read: Read, file: FileHandle, begin: number, end: number): Promise<void> {
  for (let at = begin; at < end; ) {
    const chunk = await read(at, Math.min(CHUNK, end - at));
    if (chunk.length === 0) throw new Error("the temporary file is shorter than it was");
    // A nearly full disk takes part of a write.
    const { bytesWritten } = await file.write(chunk, 0, chunk.length, at);
    at += bytesWritten;
  }
}

/**
 * Writes into what is not a regular file. A FIFO waits for its reader, as it does in a shell.
 *
 * @returns whether what is meant was there
 */
export async function writeStream(
  path: string,
  expected: BigIntStats,
  contents: string | Uint8Array,
): Promise<boolean> {
  const file = await open(path, constants.O_WRONLY | (constants.O_NOCTTY ?? 0));
  try {
    if (!isSame(await file.stat({ bigint: true }), expected)) return false;
    const bytes = Buffer.from(contents as Uint8Array);
    for (let at = 0; at < bytes.length; ) {
      at += (await file.write(bytes, at, bytes.length - at, null)).bytesWritten;
    }
    return true;
  } finally {
    await file.close();
  }
}

/** Whether two states are of one file. */
export function isSame(one: BigIntStats, other: BigIntStats): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}
