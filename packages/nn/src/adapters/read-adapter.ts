import { type Check, map, objectOf, optional, text } from "../arguments/checks.ts";
import type { Module } from "../modules/module.ts";
import type { StateDict } from "../weights/stored-tensor.ts";
import { quoteNames } from "../weights/weights-error.ts";
import { Adapter, type AdapterTarget } from "./adapter.ts";
import { adapterError } from "./adapter-error.ts";
import { ModelModules } from "./model-modules.ts";
import { readLycoris } from "./read-lycoris.ts";
import { readPeft } from "./read-peft.ts";

/** The files of an adapter. */
export interface AdapterFiles {
  /** What `loadStateDict` gives for its safetensors file. */
  readonly state: StateDict;
  /** Contents of PEFT's adapter_config.json, parsed; without it, the file is one of LyCORIS. */
  readonly config?: unknown;
  /** How it is called; `adapter` unless given. */
  readonly name?: string;
}

/** Refuses what are not {@link AdapterFiles}. */
export const filesCheck: Check = objectOf({ state: map, name: optional(text) });

/**
 * Reads an adapter for a model: LoRA (rsLoRA, DoRA), LoHa, LoKr, OFT and BOFT of linear layers, as PEFT and LyCORIS
 * write them. Names, shapes and what the configuration says are checked against the model; no number but LyCORIS'
 * alpha is decoded. What would compute other weights than are computed here is refused by name.
 *
 * @param model a `Gpt2`, `Llama`, `SentenceEncoder` or `VisionTransformer`
 * @throws PapilioError `ADAPTER_MISMATCH` for an adapter of another model, `ADAPTER_INVALID` for files that contradict
 *   themselves, `ADAPTER_UNSUPPORTED`; `CONFIG_INVALID`, `CONFIG_UNSUPPORTED`; what reading a tensor throws
 *
 * @example
 * ```ts
 * const state = await loadStateDict(file); // adapter_model.safetensors, chosen in a page
 * const adapter = readAdapter(model, { state, config: JSON.parse(configText), name: "poems" });
 * mergeAdapter(model, adapter);
 * ```
 */
export function readAdapter(model: Module, files: AdapterFiles): Adapter {
  const modules = new ModelModules(model);
  filesCheck("the files of an adapter", files);
  const { state, config, name = "adapter" } = files;
  if (config === undefined)
    return adapterOf(name, "lycoris", readLycoris(modules, state), new Map());
  const { targets, saved } = readPeft(modules, config, state);
  const ours = modules.convert(saved);
  const parameters = model.namedParameters();
  for (const [own, tensor] of ours) {
    const shape = parameters.get(own)?.shape;
    if (shape !== undefined && String(shape) === String(tensor.shape)) continue;
    throw adapterError(
      "ADAPTER_MISMATCH",
      shape === undefined
        ? `The adapter has ${quoteNames([tensor.name])}, for which the model has no parameter.`
        : `The adapter has ${quoteNames([tensor.name])} of shape [${tensor.shape.join(", ")}], but the model's is [${shape.join(", ")}].`,
    );
  }
  return adapterOf(name, "peft", targets, ours);
}

function adapterOf(
  name: string,
  format: Adapter["format"],
  targets: readonly AdapterTarget[],
  saved: StateDict,
): Adapter {
  if (targets.length + saved.size === 0) {
    throw adapterError("ADAPTER_INVALID", `The adapter ${quoteNames([name])} changes nothing.`);
  }
  return new Adapter({ name, format, targets, saved });
}
