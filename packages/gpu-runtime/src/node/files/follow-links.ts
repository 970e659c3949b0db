import { readlink, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

/** As many as Linux follows. */
const MOST_LINKS = 40;

/**
 * Where links lead, also when nothing is there yet: writing to a link whose target is missing makes
 * the target.
 *
 * @throws Error for a loop, or a folder that does not exist
 */
export async function followLinks(path: string): Promise<string> {
  let at = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    // A link is relative to the folder that it lies in, which may be a link itself.
    const folder = await realpath(dirname(at));
    at = join(folder, basename(at));
    const next = await readlink(at).catch(() => undefined);
    if (next === undefined) return at;
    at = resolve(folder, next);
  }
  throw new Error(`there are more than ${MOST_LINKS} links one after another`);
}
