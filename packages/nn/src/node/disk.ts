import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Folder, OpenFile } from "../weights/open-file.ts";
import { quoteNames, weightsError } from "../weights/weights-error.ts";

/** Tells whether a path still leads to the same file with the same contents. */
interface Identity {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

// A pipe without a writer does not keep a reader waiting. Windows has no such flag.
const { O_RDONLY, O_NONBLOCK = 0 } = constants;

/** The files of a folder on disk. Links are followed: caches of models are made of them. */
export class DiskFolder implements Folder {
  readonly name: string;
  readonly #onDemand: boolean;

  constructor(path: string, onDemand: boolean) {
    this.name = path;
    this.#onDemand = onDemand;
  }

  open(file: string): Promise<OpenFile | undefined> {
    return openFile(join(this.name, file), this.#onDemand);
  }
}

/**
 * Opens a file on disk; nothing where there is none.
 *
 * @param onDemand whether its tensors are read when they are asked for, by opening it again: nothing is
 *   held open or in memory meanwhile
 * @throws PapilioError `STATE_DICT_SOURCE` for what is not a plain file or cannot be read
 */
export async function openFile(path: string, onDemand: boolean): Promise<OpenFile | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, O_RDONLY | O_NONBLOCK);
    const status = await handle.stat({ bigint: true });
    if (!status.isFile()) throw new Error("it is not a plain file");
    return fileOf(handle, path, status, onDemand);
  } catch (cause) {
    await handle?.close();
    if (isMissing(cause)) return undefined;
    throw weightsError(
      "STATE_DICT_SOURCE",
      `The file ${quoteNames([path])} cannot be read: ${(cause as Error).message}.`,
      cause,
    );
  }
}

export function isMissing(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === "ENOENT" || code === "ENOTDIR";
}

function fileOf(handle: FileHandle, path: string, identity: Identity, onDemand: boolean): OpenFile {
  return {
    size: Number(identity.size),
    // Into the tensor's own memory: nothing of the file is there twice.
    read: async (target) => (await handle.read(target, 0, target.length)).bytesRead,
    later: onDemand
      ? (begin, end) => () => readAgain(path, identity, begin, end - begin)
      : undefined,
    close: () => handle.close().catch(() => undefined),
  };
}

function readAgain(path: string, identity: Identity, begin: number, length: number): Uint8Array {
  const changed = (cause?: unknown): Error =>
    weightsError(
      "STATE_DICT_CHANGED",
      `The file ${quoteNames([basename(path)])} is not what it was when it was loaded.`,
      cause,
    );
  let file: number | undefined;
  try {
    file = openSync(path, O_RDONLY | O_NONBLOCK);
    const { dev, ino, size, mtimeNs } = fstatSync(file, { bigint: true });
    const same = dev === identity.dev && ino === identity.ino;
    if (!same || size !== identity.size || mtimeNs !== identity.mtimeNs) throw changed();
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      // One call reads two gigabytes at most.
      const count = readSync(file, bytes, at, Math.min(length - at, 2 ** 30), begin + at);
      if (count === 0) throw changed();
      at += count;
    }
    return bytes;
  } catch (cause) {
    throw isMissing(cause) ? changed(cause) : cause;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
