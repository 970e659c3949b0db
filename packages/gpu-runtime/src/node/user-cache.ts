import { lstat, mkdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

// No imports of ours: the set-up of the tests runs this file before anything is built.

/** Others may write. */
const WRITABLE_BY_OTHERS = 0o022;
/** Others may write, and may not rename or delete what is not theirs: /tmp. */
const STICKY = 0o1000;

const ANOTHER_FOLDER = "Set XDG_CACHE_HOME to a folder of yours that can be written to";
const REMOVE_IT = "Remove it, or set XDG_CACHE_HOME to another folder of yours";

/**
 * The user's folder for caches: `XDG_CACHE_HOME` or `~/.cache` by the XDG base directory specification,
 * `~/Library/Caches` on macOS, `LOCALAPPDATA` on Windows.
 *
 * @throws Error without a home
 */
function userCaches(): string {
  const { XDG_CACHE_HOME: xdg = "", LOCALAPPDATA: local = "" } = process.env;
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches");
  if (process.platform === "win32") return local || join(homedir(), "AppData", "Local");
  // The specification has relative paths ignored.
  return isAbsolute(xdg) ? xdg : join(homedir(), ".cache");
}

/**
 * The folder `papilio` in the user's caches, or one below it, made where it is missing and for this user
 * alone: what lies there was put there by this user.
 *
 * @param below names of folders inside
 * @throws Error with the path, what is wrong with it, and what to do: it cannot be made, is a link or no
 *   folder, belongs to another user, or others may write to it
 */
export async function privateCache(...below: readonly string[]): Promise<string> {
  let folder = userCaches();
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    throw refused(folder, `cannot be made (${error.code})`, ANOTHER_FOLDER);
  });
  const base = await stat(folder);
  // Who may rename folders there could put one of theirs in the place of ours.
  const isShared = (base.mode & WRITABLE_BY_OTHERS) !== 0 && (base.mode & STICKY) === 0;
  if (process.platform !== "win32" && (isShared || ![0, userId()].includes(base.uid))) {
    const problem = isShared ? "can be written to by other users" : `belongs to user ${base.uid}`;
    throw refused(folder, problem, ANOTHER_FOLDER);
  }
  for (const name of ["papilio", ...below]) {
    folder = join(folder, name);
    await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return;
      throw refused(folder, `cannot be made (${error.code})`, ANOTHER_FOLDER);
    });
    await requirePrivateFolder(folder);
  }
  return folder;
}

/** @throws Error that says what to do, for a folder that another user has or had a say in */
export async function requirePrivateFolder(folder: string): Promise<void> {
  const status = await lstat(folder);
  const problem = status.isSymbolicLink()
    ? "is a symbolic link"
    : status.isDirectory()
      ? strangersIn(status)
      : "is not a folder";
  if (problem !== undefined) {
    throw refused(folder, problem, REMOVE_IT);
  }
}

/**
 * What makes a file or folder one that others than this user and root had a say in; nothing on Windows,
 * where profiles are private.
 */
export function strangersIn(status: { uid: number; mode: number }): string | undefined {
  if (process.platform === "win32") return undefined;
  if (status.uid !== userId() && status.uid !== 0)
    return `belongs to user ${status.uid}, not to this one, ${userId()}`;
  const mode = (status.mode & 0o7777).toString(8);
  if ((status.mode & WRITABLE_BY_OTHERS) !== 0) return `can be written to by others (mode ${mode})`;
  return undefined;
}

function userId(): number {
  return process.geteuid?.() ?? 0;
}

function refused(folder: string, problem: string, fix: string): Error {
  return new Error(`${folder} ${problem}. ${fix}.`);
}
