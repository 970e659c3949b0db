import { createHash, randomUUID } from "node:crypto";
import { constants, rmSync } from "node:fs";
import { chmod, lstat, mkdtemp, open, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { removedAtExit } from "./files/unfinished.ts";
import { privateCache, requirePrivateFolder, strangersIn } from "./user-cache.ts";

// No imports but of this folder: see user-cache.ts.

/** Files that are unpacked once and kept. */
export interface UnpackedFiles {
  /** Name of the folder among the user's caches. */
  readonly name: string;
  /** SHA-256 by path in the folder: these files and no others are there. */
  readonly files: Readonly<Record<string, string>>;
  /** Unpacks into an empty folder. */
  readonly unpack: (folder: string) => Promise<void>;
  /** Called with why the files are unpacked for this process alone, and what to do about it. */
  readonly onTemporary: (reason: string) => void;
}

/**
 * A folder that holds exactly these files, with these contents, this user's alone. It is kept in the user's
 * cache folder, verified each time, and unpacked again when anything is wrong. Where that folder cannot be
 * used, a new one is made in the temporary folder and removed when the process ends.
 *
 * @throws Error when what is unpacked is not what was expected, or there is no room for it
 */
export async function unpackedFolder(what: UnpackedFiles): Promise<string> {
  let cache: string;
  try {
    cache = await privateCache();
    return await keptFolder(join(cache, what.name), what);
  } catch (error) {
    if (error instanceof WrongContents) throw error;
    what.onTemporary((error as Error).message);
  }
  const folder = await mkdtemp(join(tmpdir(), `papilio-${what.name}-`));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  await fill(folder, what);
  return folder;
}

/** Other processes may do the same at the same time: whose folder is renamed first stays. */
async function keptFolder(target: string, what: UnpackedFiles): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const problem = await problemWith(target, what.files);
    if (problem === undefined) return target;
    if (attempt === 3) throw new Error(`${target} is changed by another process: ${problem}.`);
    const fresh = await mkdtemp(`${target}-`);
    const aside = `${target}-${randomUUID()}`;
    using _fresh = removedAtExit(fresh);
    using _aside = removedAtExit(aside);
    try {
      await fill(fresh, what);
      // Where nothing is there. What another process has put there in the meantime stays, if it is right.
      const placed = await rename(fresh, target).then(
        () => true,
        () => false,
      );
      if (placed || (await problemWith(target, what.files)) === undefined) continue;
      // Renaming takes a link itself, not what it points at.
      await rename(target, aside).catch(ignore("ENOENT"));
      await rename(fresh, target).catch(ignore("ENOTEMPTY", "EEXIST"));
    } finally {
      for (const path of [fresh, aside]) await rm(path, { recursive: true, force: true });
    }
  }
}

class WrongContents extends Error {}

async function fill(folder: string, { files, unpack }: UnpackedFiles): Promise<void> {
  await unpack(folder);
  // Whatever modes an archive has.
  for (const path of Object.keys(files)) await chmod(join(folder, path), 0o700);
  const problem = await problemWith(folder, files);
  if (problem !== undefined) throw new WrongContents(`what was unpacked is not usable: ${problem}`);
}

/** What is wrong with a folder that should hold these files, if anything. */
async function problemWith(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  try {
    await requirePrivateFolder(folder);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const found = new Set<string>();
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isDirectory()) await requirePrivateFolder(path);
      else found.add(relative(folder, path));
    }
    const missing = Object.keys(files).find((path) => !found.has(path));
    if (missing !== undefined) return `${missing} is missing`;
    const other = [...found].find((path) => files[path] === undefined);
    if (other !== undefined) return `${other} does not belong there`;
    for (const [path, hash] of Object.entries(files)) {
      const problem = await problemWithFile(join(folder, path), hash);
      if (problem !== undefined) return `${path} ${problem}`;
    }
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function problemWithFile(path: string, expected: string): Promise<string | undefined> {
  const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;
  if (!(await lstat(path)).isFile()) return "is not a plain file";
  await using file = await open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  const status = await file.stat();
  if (!status.isFile()) return "is not a plain file";
  const strangers = strangersIn(status);
  if (strangers !== undefined) return strangers;
  const hash = createHash("sha256");
  await pipeline(file.createReadStream({ autoClose: false, highWaterMark: 2 ** 20 }), hash);
  return hash.digest("hex") === expected ? undefined : "has other contents";
}

function ignore(...codes: readonly string[]): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (!codes.includes(error.code ?? "")) throw error;
  };
}
