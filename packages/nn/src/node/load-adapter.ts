import { stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { parseJsonText } from "@papilio/butterfly/files";
import type { Adapter } from "../adapters/adapter.ts";
import { adapterError } from "../adapters/adapter-error.ts";
import { type AdapterFiles, readAdapter } from "../adapters/read-adapter.ts";
import { objectOf, optional, text } from "../arguments/checks.ts";
import type { Module } from "../modules/module.ts";
import type { LoadStateDictOptions } from "../weights/load-state-dict.ts";
import { quoteNames } from "../weights/weights-error.ts";
import { isMissing, openFile } from "./disk.ts";
import { loadStateDict } from "./load-state-dict.ts";

const CONFIG = "adapter_config.json";
const WEIGHTS = "adapter_model.safetensors";
/** What PEFT wrote before, which runs as a program when it is read. */
const PICKLED = "adapter_model.bin";

/** Of adapter_config.json, most bytes: lists of modules and ranks of all of them are some kilobytes. */
const MOST_CONFIG_BYTES = 2 ** 20;

/** How an adapter is loaded. */
export interface LoadAdapterOptions
  extends Pick<LoadStateDictOptions, "maxBytes" | "onProgress" | "signal"> {
  /** How it is called; the name of its folder, or of its file without its ending, unless given. */
  readonly name?: string;
}

/**
 * Reads an adapter for a model from the disk: a folder as PEFT saves it, with adapter_config.json and
 * adapter_model.safetensors, or a safetensors file of LyCORIS. From what else there is of them, such as files that a
 * browser's user chose, `readAdapter` of `@papilio/nn/adapters` reads it.
 *
 * @throws PapilioError `ADAPTER_SOURCE` where there is none; `ADAPTER_UNSUPPORTED` for pickled weights; what
 *   `readAdapter` and `loadStateDict` throw
 *
 * @example
 * ```ts
 * const adapter = await loadAdapter(model, "adapters/poems");
 * mergeAdapter(model, adapter);
 * ```
 */
export async function loadAdapter(
  model: Module,
  path: string,
  options: LoadAdapterOptions = {},
): Promise<Adapter> {
  return readAdapter(model, await loadAdapterFiles(path, options));
}

/**
 * The files of an adapter on the disk, of any model: for `readAdapter` and `withAdapterHead`.
 *
 * @throws PapilioError `ADAPTER_SOURCE` where there is none; `ADAPTER_UNSUPPORTED` for pickled weights; what
 *   `loadStateDict` throws
 */
export async function loadAdapterFiles(
  path: string,
  options: LoadAdapterOptions = {},
): Promise<AdapterFiles> {
  text("The path of an adapter", path);
  objectOf({ name: optional(text) })("the options of an adapter", options);
  const { name = nameOf(path), ...loading } = options;
  if (!(await isFolder(path))) {
    // The file of a folder that PEFT saved has its configuration beside it.
    const config =
      basename(path) === WEIGHTS ? await readConfig(join(dirname(path), CONFIG)) : undefined;
    return { name, config, state: await loadStateDict(path, loading) };
  }
  const config = await readConfig(join(path, CONFIG));
  if (config === undefined) throw lacks(path, CONFIG);
  const weights = join(path, WEIGHTS);
  if (!(await exists(weights))) {
    if (!(await exists(join(path, PICKLED)))) throw lacks(path, WEIGHTS);
    throw adapterError(
      "ADAPTER_UNSUPPORTED",
      `The adapter in ${quoteNames([path])} has its weights in ${PICKLED}, which is not read here: it would have to be run.`,
    );
  }
  return { name, config, state: await loadStateDict(weights, loading) };
}

function nameOf(path: string): string {
  const name = basename(resolve(path));
  return extname(name) === ".safetensors" ? basename(name, ".safetensors") : name;
}

function lacks(path: string, file: string): Error {
  return adapterError("ADAPTER_SOURCE", `There is no ${file} in ${quoteNames([path])}.`);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw adapterError(
      "ADAPTER_SOURCE",
      isMissing(cause)
        ? `There is no adapter at ${quoteNames([path])}.`
        : `The adapter at ${quoteNames([path])} cannot be read: ${(cause as Error).message}.`,
      cause,
    );
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** What a JSON file holds, or nothing where there is none. */
async function readConfig(path: string): Promise<unknown> {
  const file = await openFile(path, false);
  if (file === undefined) return undefined;
  try {
    const { size = 0 } = file;
    if (size > MOST_CONFIG_BYTES) throw new Error(`it has ${size} bytes`);
    const bytes = new Uint8Array(size);
    let at = 0;
    for (let count = -1; count !== 0 && at < size; at += count) {
      count = await file.read(bytes.subarray(at));
    }
    return parseJsonText(bytes.subarray(0, at));
  } catch (cause) {
    throw adapterError(
      "ADAPTER_SOURCE",
      `The file ${quoteNames([path])} is not a configuration of an adapter: ${(cause as Error).message}.`,
      cause,
    );
  } finally {
    await file.close();
  }
}
