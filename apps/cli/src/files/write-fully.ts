import type { FileHandle } from "node:fs/promises";

/**
 * Writes all bytes, in as many writes as the system takes: one, unless the disk is nearly full.
 *
 * @param position in the file; where it is, or at its end when it is appended to, unless given
 * @throws Error what the file system says
 */
export async function writeFully(
  file: FileHandle,
  bytes: Uint8Array,
  position?: number,
): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const place = position === undefined ? null : position + at;
    at += (await file.write(bytes, at, bytes.length - at, place)).bytesWritten;
  }
}
