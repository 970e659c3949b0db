import { map } from "../arguments/checks.ts";
import type { StateDict } from "../weights/stored-tensor.ts";
import { peftConfig } from "./peft-config.ts";
import { type AdapterFiles, filesCheck } from "./read-adapter.ts";
import { storedName } from "./read-peft.ts";

/** The head of classes in checkpoints for Hugging Face. */
const HEAD = "classifier";

/**
 * The weights of a checkpoint with the head of classes that an adapter of PEFT was trained with, where it was: a model
 * that is built of them has the adapter's number of classes, as `readAdapter` wants it.
 *
 * @param state weights of the model alone, by the names of the checkpoint; they stay as they are
 * @throws PapilioError `CONFIG_INVALID`, `CONFIG_UNSUPPORTED`
 *
 * @example
 * ```ts
 * const files = await loadAdapterFiles("adapters/flowers");
 * const model = modelFromHuggingFace(config, withAdapterHead(await loadStateDict("vit"), files));
 * mergeAdapter(model, readAdapter(model, files));
 * ```
 */
export function withAdapterHead(state: StateDict, files: AdapterFiles): StateDict {
  map("The weights", state);
  filesCheck("the files of an adapter", files);
  if (files.config === undefined || !peftConfig(files.config).isSaved(HEAD)) return state;
  const head = [...files.state]
    .map(([name, tensor]) => [storedName(name), tensor] as const)
    .filter(([name]) => name?.startsWith(`${HEAD}.`));
  return new Map([...state, ...(head as [string, (typeof head)[number][1]][])]);
}
