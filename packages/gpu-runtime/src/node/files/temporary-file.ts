import { randomUUID } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";

/** What `stat` says of a file with `bigint`, as far as it matters here; declared apart from Node's types. */
interface Ownership {
  readonly mode: bigint;
  readonly uid: bigint;
  readonly gid: bigint;
}

/** A file that is to take another's place. */
export interface TemporaryFile {
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
  { mode = 0o666, like }: TemporaryFileOptions = {},
): Promise<TemporaryFile> {
  const path = join(folder, `.papilio-${randomUUID()}.tmp`);
  // What takes a private file's place is private from its first byte on.
  const file = await open(path, "wx", like === undefined ? mode : 0o600);
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
    return { path, owned };
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(path, { force: true });
    throw error;
  }
}

/** Waits until a file is on the disk, where the file system can say so: not every one can. */
export async function sync(file: { sync(): Promise<void> }): Promise<void> {
  await file.sync().catch((error: NodeJS.ErrnoException) => {
    if (!["EINVAL", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"].includes(error.code ?? "")) throw error;
  });
}
