import { initializeFrom } from "@papilio/nn/conversion";
import type { Module } from "@papilio/nn/layers";
import { folderOf, loadAnyModel, readConfig } from "../models/model-folder.ts";

/**
 * Gives a model that is to be trained the numbers of the one in a folder: see `initializeFrom`, which throws as reading
 * the folder does.
 */
export async function startFrom(
  path: string,
  model: Module,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const config = await readConfig(await folderOf(path));
  const other: Module = await loadAnyModel(path, config, signal);
  return await initializeFrom(model, other, { signal });
}
