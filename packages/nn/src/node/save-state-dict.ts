import type { BigIntStats } from "node:fs";
import { lstat, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { DisposableStack } from "@papilio/butterfly";
import { requireText } from "@papilio/butterfly/errors";
import { writeTemporary } from "@papilio/gpu-runtime/node";
import {
  encodeFiles,
  requireSavable,
  type SaveStateDictOptions,
  SHARD_NAME,
  type TensorToSave,
} from "../weights/save-state-dict.ts";
import { INDEX_FILE, SINGLE_FILE } from "../weights/shard-index.ts";
import { quoteNames, weightsError } from "../weights/weights-error.ts";

/**
 * Saves weights to a folder, which is made where it is not there, in place of weights that were saved
 * there before; other files stay. Shards are encoded and written one after another, under other names.
 * When all are on the disk they get theirs, the index last: whoever loads finds the old weights, the
 * new ones, or for a moment none, and never some of either. They keep the permissions of those that they
 * replace. A link is replaced, not followed, and other names of a replaced file keep its contents: what
 * they lead to may belong to others, as in a cache of models.
 *
 * @returns names of the files, the index last
 * @throws PapilioError `STATE_DICT_WRITE` when the folder cannot be written to, in which case what was
 *   there is as it was, or incomplete when that happens in the last moment; `STATE_DICT_TOO_LARGE`,
 *   `TENSOR_SHAPE`
 *
 * @example
 * ```ts
 * await saveStateDict("models/stories-bf16", state, { dtype: "BF16" });
 * ```
 */
export async function saveStateDict(
  folder: string,
  tensors: ReadonlyMap<string, TensorToSave>,
  options: SaveStateDictOptions = {},
): Promise<string[]> {
  requireText("The folder", folder);
  requireSavable(tensors, options);
  const written = new Map<string, string>();
  using temporaries = new DisposableStack();
  const path = (file: string): string => join(folder, file);
  try {
    await tryWriting(folder, () => mkdir(folder, { recursive: true }));
    for (const [name, contents] of encodeFiles(tensors, options)) {
      await tryWriting(folder, async () => {
        const like = await replacedBy(folder, name);
        const temporary = temporaries.use(await writeTemporary(folder, contents, { like }));
        written.set(name, temporary.path);
      });
    }
    await tryWriting(folder, async () => {
      if (written.has(INDEX_FILE)) {
        // From here to the last line there are no weights in the folder, rather than some of each.
        await rm(path(INDEX_FILE), { force: true });
        await rm(path(SINGLE_FILE), { force: true });
      }
      for (const [name, temporary] of written) await rename(temporary, path(name));
      await removeOthers(folder, written);
    });
    return [...written.keys()];
  } catch (error) {
    for (const temporary of written.values()) await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * The weights that a file takes the place of: those of the same name, else of another division.
 *
 * @throws Error where something stands that is not a file, such as a FIFO
 */
async function replacedBy(folder: string, name: string): Promise<BigIntStats | undefined> {
  for (const file of [name, SINGLE_FILE, INDEX_FILE]) {
    const status = await lstat(join(folder, file), { bigint: true }).catch(() => undefined);
    if (status?.isFile()) return status;
    if (file !== name || status === undefined) continue;
    // A folder cannot be replaced, and the last step says so.
    if (!status.isSymbolicLink() && !status.isDirectory()) throw new Error(`${file} is not a file`);
  }
  return undefined;
}

/** What is left of a checkpoint of another division. */
async function removeOthers(folder: string, kept: ReadonlyMap<string, unknown>): Promise<void> {
  for (const name of await readdir(folder)) {
    if (kept.has(name) || !(SHARD_NAME.test(name) || name === INDEX_FILE)) continue;
    await rm(join(folder, name), { force: true });
  }
}

async function tryWriting<T>(folder: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    throw weightsError(
      "STATE_DICT_WRITE",
      `Weights cannot be written to ${quoteNames([folder])}: ${(cause as Error).message}.`,
      cause,
    );
  }
}
