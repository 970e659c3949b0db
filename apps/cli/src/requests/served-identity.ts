import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { OF_MODELS } from "../jobs/model-identity.ts";
import { isFolder } from "../models/model-folder.ts";
import type { NamedChoice } from "../models/served-adapters.ts";
import type { ServedFlags } from "../models/served-models.ts";

/**
 * What is the same for all workers that answer requests for a model alike, and for no others: a hash of its name, of the
 * contents of its files and those of its adapters, and of what flags say of it, as hexadecimal digits.
 *
 * @param path a folder, or a file
 * @param adapters that requests may choose
 * @throws PapilioError `INPUT_UNREADABLE`
 */
export async function servedIdentity(
  name: string,
  path: string,
  flags: ServedFlags,
  adapters: readonly NamedChoice[],
): Promise<string> {
  const given = [flags.tokenizer, flags.chatTemplate].filter((file) => file !== undefined);
  const all = createHash("sha256").update(
    JSON.stringify([name, flags.dtype, flags.context ?? null, given.length]),
  );
  const besides = (await isFolder(path)) ? [] : await tokenizersBeside(path);
  for (const file of [...(await filesOf(path)), ...besides, ...given]) {
    all.update(await digestOf(file));
  }
  for (const { name: called, scale, path: from } of adapters) {
    all.update(JSON.stringify([called, scale]));
    for (const file of await filesOf(from)) all.update(await digestOf(file));
  }
  return all.digest("hex").slice(0, 32);
}

async function digestOf(file: string): Promise<string> {
  const contents = createHash("sha256");
  await pipeline(createReadStream(file), contents);
  return contents.digest("hex");
}

/** The files that a model or an adapter is read from. */
async function filesOf(path: string): Promise<readonly string[]> {
  if (!(await isFolder(path))) return [path];
  const names = (await readdir(path)).filter((name) => OF_MODELS.test(name)).toSorted();
  return names.map((name) => join(path, name));
}

/** Those that a model of llama2.c may be read with. */
async function tokenizersBeside(path: string): Promise<readonly string[]> {
  const names = (await readdir(dirname(path))).filter((name) => /^tok.*\.(bin|json)$/.test(name));
  return names.toSorted().map((name) => join(dirname(path), name));
}
