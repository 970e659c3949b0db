import { randomUUID } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  arrayTag,
  requireObject,
  requireOptions,
  requireText,
  requireWhole,
} from "@papilio/butterfly/errors";
import { removedAtExit } from "./unfinished.ts";

/** What `stat` says of a file with `bigint`, as far as it matters here; declared apart from Node's types. */
interface Ownership {
  readonly mode: bigint;
  readonly uid: bigint;
  readonly gid: bigint;
}

/**
 * A file that is to take another's place. It is removed should the process end before it is disposed of:
 * when it has that place, is gone, or is to stay.
 */
export interface TemporaryFile extends Disposable {
  readonly path: string;
  /** Whether it has the owner that was asked for: only root may give files to others. */
  readonly owned: boolean;
}

export interface TemporaryFileOptions {
  /** Permissions of a new file, from which the process's mask is taken; 0o666 unless given. */
  readonly mode?: number;
  /** The file whose permissions and owner it is to have instead. */
  readonly like?: Ownership | undefined;
}

/**
 * Writes a temporary file, through to the disk. Its name is random and it is created exclusively
 * (`O_EXCL`), so that neither a link nor a file that another user placed there is ever opened. On a
 * failure nothing is left.
 *
 * @internal
 * @param folder where it lies: that of the file whose place it takes, as a rename needs it
 * @throws Error what the file system says
 */
export async function writeTemporary(
  folder: string,
  contents: string | Uint8Array,
  options: TemporaryFileOptions = {},
): Promise<TemporaryFile> {
  requireText("The folder", folder);
  requireContents(contents);
  requireOptions("The options", options);
  const { mode = 0o666, like } = options;
  requireWhole("The permissions", mode, 0);
  if (like !== undefined) requireObject("The file", like, "its status", "mode", "uid", "gid");
  const path = join(folder, `.papilio-${randomUUID()}.tmp`);
  const unfinished = removedAtExit(path);
  // What takes a private file's place is private from its first byte on.
  const opened = open(path, "wx", like === undefined ? mode : 0o600);
  const file = await opened.catch((error: unknown) => {
    unfinished[Symbol.dispose]();
    throw error;
  });
  try {
    await file.writeFile(contents);
    let owned = true;
    if (like !== undefined) {
      const { uid, gid } = await file.stat({ bigint: true });
      if (uid !== like.uid || gid !== like.gid) {
        owned = await file.chown(Number(like.uid), Number(like.gid)).then(
          () => true,
          () => false,
        );
      }
      // After the owner, whose change takes permissions away.
      await file.chmod(Number(like.mode & 0o7777n));
    }
    await sync(file);
    await file.close();
    return { path, owned, [Symbol.dispose]: unfinished[Symbol.dispose] };
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(path, { force: true });
    unfinished[Symbol.dispose]();
    throw error;
  }
}

/** @throws PapilioError `OPTION_INVALID` for what is neither a text nor bytes */
export function requireContents(contents: unknown): void {
  if (arrayTag(contents) !== "Uint8Array") requireText("The contents", contents);
}

/** Waits until a file is on the disk, where the file system can say so: not every one can. */
export async function sync(file: { sync(): Promise<void> }): Promise<void> {
  await file.sync().catch((error: NodeJS.ErrnoException) => {
    if (!["EINVAL", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"].includes(error.code ?? "")) throw error;
  });
}
