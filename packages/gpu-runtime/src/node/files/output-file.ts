import type { BigIntStats } from "node:fs";
import { access, constants, link, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { PapilioError } from "@papilio/butterfly";
import { requireText } from "@papilio/butterfly/errors";
import { followLinks } from "./follow-links.ts";
import { outputFailed, unwritable } from "./output-error.ts";
import { isSame, overwrite, writeStream } from "./overwrite.ts";
import { requireContents, type TemporaryFile, writeTemporary } from "./temporary-file.ts";

/**
 * What stands at an output's path: nothing yet, a regular file, a disk, a socket (which stdout can be,
 * and which no path opens), or what only takes what is written to it (a FIFO, a terminal, `/dev/null`).
 */
export type OutputKind = "new" | "file" | "disk" | "socket" | "stream";

/** A folder that cannot be written to, or a file that is mounted by itself. */
const NO_RENAME = new Set(["EACCES", "EPERM", "EROFS", "EBUSY", "EXDEV"]);

/**
 * A file that a program writes because its user named it.
 *
 * Links are followed. A regular file is replaced whole, by a temporary file beside it that takes its
 * name and keeps its permissions and owner; one with several names (hard links), with an owner whom we
 * cannot give files to, or in a folder that cannot be written to is written in place. A new file gets
 * its name when it is whole, and takes nobody else's. Anything else is written into.
 *
 * @internal
 */
export class OutputFile {
  /** As the user named it. */
  readonly path: string;
  readonly kind: OutputKind;
  /** Equal for two paths that lead to one file, by device and inode; of a new one, by its folder's. */
  readonly identity: string;
  /** The path without links. */
  readonly target: string;
  readonly #status: BigIntStats | undefined;
  #temporary: TemporaryFile | undefined;
  #contents: string | Uint8Array = "";

  private constructor(path: string, target: string, status: BigIntStats, exists: boolean) {
    this.path = path;
    this.target = target;
    this.kind = exists ? kindOf(status) : "new";
    this.identity = `${status.dev}:${status.ino}${exists ? "" : `/${basename(target)}`}`;
    this.#status = exists ? status : undefined;
  }

  /**
   * Looks at what stands at a path, and changes nothing.
   *
   * @throws PapilioError `OUTPUT_UNWRITABLE` where nothing can be written
   */
  static async inspect(path: string): Promise<OutputFile> {
    requireText("The path", path);
    try {
      const status = await stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      });
      if (status === undefined) {
        const target = await followLinks(path);
        if (path === "" || /[/\\]$/.test(path)) throw new Error("it names a folder");
        const folder = await stat(dirname(target), { bigint: true });
        if (!folder.isDirectory()) throw new Error(`${dirname(target)} is not a folder`);
        await access(dirname(target), constants.W_OK | constants.X_OK);
        return new OutputFile(path, target, folder, false);
      }
      if (status.isDirectory()) throw new Error("it is a folder");
      await access(path, constants.W_OK);
      const target = status.isFile() ? await realpath(path).catch(() => path) : path;
      return new OutputFile(path, target, status, true);
    } catch (cause) {
      throw unwritable(path, (cause as Error).message, cause);
    }
  }

  /** Size of what is there, in bytes. */
  get size(): number {
    return Number(this.#status?.size ?? 0);
  }

  /** Whether it is the character device of a terminal or such as `/dev/null`. */
  get isCharacterDevice(): boolean {
    return this.#status?.isCharacterDevice() ?? false;
  }

  /** Where the staged contents lie, when they are on the disk. */
  get staged(): string | undefined {
    return this.#temporary?.path;
  }

  /**
   * Takes what is to be written, and puts it on the disk beside the file where that is possible: a
   * full disk is found while the old contents are whole.
   *
   * @throws PapilioError `DISK_FULL`, `OUTPUT_FAILED`
   */
  async stage(contents: string | Uint8Array): Promise<void> {
    requireContents(contents);
    this.#contents = contents;
    if (this.kind !== "new" && this.kind !== "file") return;
    try {
      const options = { like: this.#status };
      this.#temporary = await writeTemporary(dirname(this.target), contents, options);
      this.#contents = "";
    } catch (cause) {
      const { code = "" } = cause as NodeJS.ErrnoException;
      if (this.kind === "file" && (NO_RENAME.has(code) || code === "ENOENT")) return;
      throw outputFailed(this.#name, cause);
    }
  }

  /**
   * Writes what was staged.
   *
   * @throws PapilioError `OUTPUT_CHANGED` when another program put something there since it was
   *   inspected, in which case the staged contents stay where {@link staged} says until they are
   *   discarded; `DISK_FULL`, `OUTPUT_FAILED`
   */
  async commit(): Promise<void> {
    try {
      if (this.kind === "new") await this.#create();
      else if (this.kind === "file") await this.#replace();
      else if (!(await writeStream(this.path, this.#status as BigIntStats, this.#contents))) {
        throw changed(this.path);
      }
    } catch (cause) {
      const error = outputFailed(this.#name, cause);
      if (error.code !== "OUTPUT_CHANGED") await this.discard();
      // Whoever asked for it may want what was to be written.
      this.#temporary?.[Symbol.dispose]();
      throw error;
    }
    await this.discard();
  }

  /**
   * Looks whether a regular file, or the lack of one, is what was inspected.
   *
   * @throws PapilioError `OUTPUT_CHANGED` when another program put something there since
   */
  async requireUnchanged(): Promise<void> {
    const now = await stat(this.target, { bigint: true }).catch(() => undefined);
    const status = this.#status;
    const same =
      status === undefined ? now === undefined : now !== undefined && isSame(now, status);
    if (!same) throw changed(this.path);
  }

  /** Removes what was staged and not committed. */
  async discard(): Promise<void> {
    const temporary = this.#temporary;
    this.#temporary = undefined;
    this.#contents = "";
    if (temporary === undefined) return;
    await rm(temporary.path, { force: true });
    temporary[Symbol.dispose]();
  }

  get #name(): string {
    return `The file ${this.path}`;
  }

  async #create(): Promise<void> {
    const { path } = this.#temporary as TemporaryFile;
    try {
      // Unlike a rename, it takes no place that is taken.
      await link(path, this.target);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === "EEXIST") throw changed(this.path, cause);
      // Some file systems have no hard links. The name is claimed before it is replaced.
      const claim = await open(this.target, "wx").catch((error: NodeJS.ErrnoException) => {
        throw error.code === "EEXIST" ? changed(this.path, error) : error;
      });
      await claim.close();
      await rename(path, this.target);
    }
  }

  async #replace(): Promise<void> {
    const status = this.#status as BigIntStats;
    const now = await stat(this.target, { bigint: true }).catch(() => undefined);
    const same = now !== undefined && isSame(now, status);
    if (this.#temporary?.owned && same && now.nlink === 1n) {
      try {
        await rename(this.#temporary.path, this.target);
        return;
      } catch (error) {
        if (!NO_RENAME.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
      }
    }
    // A path such as /dev/fd/3 leads to a file that may have no name, and no folder, at all.
    const source = this.#temporary?.path ?? { contents: this.#contents };
    const found = await overwrite(same ? this.target : this.path, status, source);
    if (!found) throw changed(this.path);
  }
}

function kindOf(status: BigIntStats): OutputKind {
  if (status.isFile()) return "file";
  if (status.isSocket()) return "socket";
  return status.isBlockDevice() ? "disk" : "stream";
}

function changed(path: string, cause?: unknown): PapilioError {
  return new PapilioError(
    "OUTPUT_CHANGED",
    `Another program put a file at ${path} while this one worked.`,
    "Look at both, and run the command again with a path of its own.",
    { cause },
  );
}
