import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { OF_MODELS } from "../jobs/model-identity.ts";
import { isFolder } from "../models/model-folder.ts";
import type { ServedFlags } from "../models/served-models.ts";

/**
 * What is the same for all workers that answer requests for a model alike, and for no others: a hash of its name, of the
 * contents of its files, and of what flags say of it, as hexadecimal digits.
 *
 * @param path a folder, or a file
 * @throws PapilioError `INPUT_UNREADABLE`
 */
export async function servedIdentity(
  name: string,
  path: string,
  flags: ServedFlags,
): Promise<string> {
  const given = [flags.tokenizer, flags.chatTemplate].filter((file) => file !== undefined);
  const all = createHash("sha256").update(
    JSON.stringify([name, flags.dtype, flags.context ?? null, given.length]),
  );
  for (const file of [...(await filesOf(path)), ...given]) {
    const contents = createHash("sha256");
    await pipeline(createReadStream(file), contents);
    all.update(contents.digest("hex"));
  }
  return all.digest("hex").slice(0, 32);
}

/** The files that a model is read from. */
async function filesOf(path: string): Promise<readonly string[]> {
  if (!(await isFolder(path))) {
    // The tokenizers that one of llama2.c may be read with.
    const beside = (await readdir(dirname(path))).filter((name) =>
      /^tok.*\.(bin|json)$/.test(name),
    );
    return [path, ...beside.toSorted().map((name) => join(dirname(path), name))];
  }
  const names = (await readdir(path)).filter((name) => OF_MODELS.test(name)).toSorted();
  return names.map((name) => join(path, name));
}
