import { initializeFrom } from "@papilio/nn/conversion";
import type { Module } from "@papilio/nn/layers";
import { folderOf, loadModel, readConfig } from "../models/model-folder.ts";

/**
 * Gives a model that is to be trained the numbers of the one in a folder: see `initializeFrom`.
 *
 * @throws PapilioError what it and reading the folder throw
 */
export async function startFrom(
  path: string,
  model: Module,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const other: Module = await loadModel(path, await readConfig(await folderOf(path)), signal);
  return await initializeFrom(model, other, { signal });
}
