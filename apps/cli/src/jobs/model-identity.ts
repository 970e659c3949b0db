import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { WeightDtype } from "@papilio/cpu-runtime/kernels";
import { isFolder } from "../models/model-folder.ts";

/** What a model is read from; the words of its tokenizer among them. */
export const OF_MODELS: RegExp = /\.(json|safetensors)$/;

/**
 * What is the same for all copies of a model's files, and for no other model: a hash of their names and contents, as
 * hexadecimal digits.
 *
 * @param path a folder, or a `.safetensors` file beside a config.json
 * @param dtype how its weights are stored when it is computed
 * @throws PapilioError `INPUT_UNREADABLE` where there is nothing
 */
export async function modelIdentity(path: string, dtype: WeightDtype): Promise<string> {
  const folder = (await isFolder(path)) ? path : dirname(path);
  const names =
    folder === path
      ? (await readdir(folder)).filter((name) => OF_MODELS.test(name)).toSorted()
      : ["config.json", basename(path)];
  const all = createHash("sha256").update(dtype);
  for (const name of names) {
    const contents = createHash("sha256");
    await pipeline(createReadStream(join(folder, name)), contents);
    all.update(`\n${name} ${contents.digest("hex")}`);
  }
  return all.digest("hex").slice(0, 32);
}
