import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { flag, objectOf, optional } from "../arguments/checks.ts";
import {
  type LoadStateDictOptions,
  loadFolder,
  loadSharded,
  loadSingle,
  loadStateDict as loadStateDictAnywhere,
  trackerOf,
  type WeightsSource,
} from "../weights/load-state-dict.ts";
import { withoutPassword, withoutSecretsOf } from "../weights/secrets.ts";
import type { LoadedStateDict } from "../weights/stored-tensor.ts";
import { quoteNames, weightsError } from "../weights/weights-error.ts";
import { DiskFolder, isMissing, openFile } from "./disk.ts";

/** How weights are loaded where there are files. */
export interface LoadNodeStateDictOptions extends LoadStateDictOptions {
  /**
   * Leaves tensors of files where they are until each is asked for, and reads it then, again and at once:
   * memory is needed for one tensor at a time, and nothing is held open. Loading then reads headers only;
   * the files must stay as they are while the weights are in use. False unless given: files are read
   * in pieces, with progress, and may be removed afterwards.
   */
  readonly onDemand?: boolean;
}

/**
 * Loads weights from a path too: of a `.safetensors` file, of a `model.safetensors.index.json`, or of a
 * folder with one of them. Texts that begin with a scheme, such as `https://`, are addresses, others paths.
 * Otherwise it is `loadStateDict` of `@papilio/nn`.
 *
 * Each tensor is read into memory of its own, so that no file is ever there as a whole beside its tensors,
 * and memory is freed tensor by tensor.
 *
 * @throws PapilioError what `loadStateDict` of `@papilio/nn` throws
 *
 * @example
 * ```ts
 * const state = await loadStateDict("models/stories", { onDemand: true });
 * assignStateDict(parameters, state);
 * ```
 */
export async function loadStateDict(
  source: WeightsSource,
  options: LoadNodeStateDictOptions = {},
): Promise<LoadedStateDict> {
  const path = pathOf(source);
  if (path === undefined) return loadStateDictAnywhere(source, options);
  const tracker = trackerOf(options);
  objectOf({ onDemand: optional(flag) })("loadStateDict", options);
  const { onDemand = false, signal } = options;
  signal?.throwIfAborted();
  if (await isFolder(path)) return loadFolder(new DiskFolder(path, onDemand), tracker);
  const isIndex = path.endsWith(".json");
  const file = await openFile(path, onDemand && !isIndex);
  if (file === undefined) throw missing(path);
  if (isIndex) return loadSharded(file, new DiskFolder(dirname(path), onDemand), tracker);
  return loadSingle(file, basename(path), tracker);
}

function pathOf(source: WeightsSource): string | undefined {
  if (source instanceof URL) return source.protocol === "file:" ? pathOfUrl(source) : undefined;
  if (typeof source !== "string") return undefined;
  if (/^file:\/\//i.test(source)) return pathOfUrl(source);
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(source) ? undefined : source;
}

function pathOfUrl(url: URL | string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw weightsError(
      "STATE_DICT_SOURCE",
      `${quoteNames([withoutPassword(String(url))])} is the address of no file of this machine.`,
      withoutSecretsOf([String(url)], cause),
    );
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    if (isMissing(cause)) throw missing(path);
    throw weightsError(
      "STATE_DICT_SOURCE",
      `${quoteNames([path])} cannot be read: ${(cause as Error).message}.`,
      cause,
    );
  }
}

function missing(path: string): Error {
  return weightsError("STATE_DICT_SOURCE", `There is nothing at ${quoteNames([path])}.`);
}
