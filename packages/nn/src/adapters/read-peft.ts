import type { StateDict, StoredTensor } from "../weights/stored-tensor.ts";
import { quoteNames } from "../weights/weights-error.ts";
import type { AdapterTarget, Magnitude, WeightChange } from "./adapter.ts";
import { adapterError } from "./adapter-error.ts";
import { lohaChange, lokrChange, loraChange } from "./low-rank-changes.ts";
import type { ModelModule, ModelModules } from "./model-modules.ts";
import { type PeftConfig, peftConfig } from "./peft-config.ts";
import { peftBoft, peftOft } from "./rotations.ts";
import { TensorParts } from "./tensor-parts.ts";

const PREFIX = "base_model.model.";

/** What PEFT calls its own tensors, after the name of a module. */
const PART = /^(.+?)\.((?:lora|hada|lokr|oft|boft)_.+)$/s;

/** Tables and heads that PEFT stores where their vocabulary grew. */
const EMBEDDINGS = ["embed_tokens", "lm_head", "wte", "word_embeddings"];

/** Targets, and whole tensors by the names of the checkpoint. */
export interface PeftAdapter {
  readonly targets: readonly AdapterTarget[];
  readonly saved: StateDict;
}

/**
 * @param config contents of adapter_config.json, parsed
 * @throws PapilioError `CONFIG_INVALID`, `CONFIG_UNSUPPORTED`, `ADAPTER_INVALID`, `ADAPTER_UNSUPPORTED`,
 *   `ADAPTER_MISMATCH`
 */
export function readPeft(modules: ModelModules, config: unknown, state: StateDict): PeftAdapter {
  const settings = peftConfig(config);
  const { byModule, saved } = sort(state, settings);
  const named = new Map<string, readonly [own: string, parts: Map<string, StoredTensor>]>();
  for (const [own, parts] of byModule) {
    const name = modules.fullName(own);
    if (!modules.all.has(name)) {
      throw adapterError(
        "ADAPTER_MISMATCH",
        `The adapter changes the module ${quoteNames([own])}, which is not one of the model's linear layers.`,
      );
    }
    if (!settings.isTarget(own)) {
      throw adapterError(
        "ADAPTER_INVALID",
        `The adapter has tensors for the module ${quoteNames([own])}, which its target_modules do not name.`,
      );
    }
    named.set(name, [own, parts]);
  }
  const short = ![...byModule.keys()].some((own) => own === modules.fullName(own));
  const targets: AdapterTarget[] = [];
  for (const module of modules.all.values()) {
    const own = short ? modules.shortName(module.name) : module.name;
    const [name, parts] = named.get(module.name) ?? [own, undefined];
    if (parts !== undefined) targets.push(targetOf(module, name, parts, settings));
    else if (settings.isTarget(own) && !settings.isSaved(own)) {
      throw adapterError(
        "ADAPTER_INVALID",
        `The target_modules of the adapter name the module ${quoteNames([own])}, for which it has no tensors.`,
      );
    }
  }
  return {
    targets,
    saved: new Map([...saved].map(([name, one]) => [modules.fullName(name), one])),
  };
}

/** Tensors by their modules, and those that stand for the model's own. */
function sort(
  state: StateDict,
  settings: PeftConfig,
): {
  readonly byModule: ReadonlyMap<string, Map<string, StoredTensor>>;
  readonly saved: StateDict;
} {
  const byModule = new Map<string, Map<string, StoredTensor>>();
  const saved = new Map<string, StoredTensor>();
  for (const [full, tensor] of state) {
    if (!full.startsWith(PREFIX)) throw unknownTensor(full);
    const name = full.slice(PREFIX.length);
    const [, module, part] = PART.exec(name) ?? [];
    if (module !== undefined && part !== undefined) {
      const parts = byModule.get(module) ?? new Map<string, StoredTensor>();
      byModule.set(module, parts.set(part, tensor));
      continue;
    }
    const own = storedName(full) as string;
    const path = own.slice(0, own.lastIndexOf("."));
    const isBias = settings.biases && own.endsWith(".bias");
    const isEmbedding = EMBEDDINGS.includes(path.slice(path.lastIndexOf(".") + 1));
    if (!isBias && !isEmbedding && !settings.isSaved(path)) throw unknownTensor(full);
    saved.set(own, tensor);
  }
  return { byModule, saved };
}

/** The name that a tensor of the model's own has in the checkpoint; nothing for what PEFT does not write. */
export function storedName(name: string): string | undefined {
  if (!name.startsWith(PREFIX)) return undefined;
  return name.slice(PREFIX.length).replace(".base_layer.", ".").replace(".modules_to_save.", ".");
}

function unknownTensor(name: string): Error {
  return adapterError(
    "ADAPTER_UNSUPPORTED",
    `The adapter has the tensor ${quoteNames([name])}, which is not one that PEFT writes for what is computed here.`,
  );
}

function targetOf(
  module: ModelModule,
  own: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  settings: PeftConfig,
): AdapterTarget {
  const parts = new TensorParts(own, tensors);
  const change = changeOf(module, parts, settings);
  parts.requireNoMore();
  return { ...module, change };
}

function changeOf(size: ModelModule, parts: TensorParts, settings: PeftConfig): WeightChange {
  const magnitude = settings.decomposed ? magnitudeOf(size, parts) : undefined;
  const scaleOf = (rank: number | undefined): number => {
    const wanted = settings.rankOf(parts.module);
    if (rank === undefined || rank === wanted) return settings.scaleOf(parts.module);
    throw adapterError(
      "ADAPTER_INVALID",
      `The tensors for the module ${quoteNames([parts.module])} have the rank ${rank}, but adapter_config.json says ${wanted}.`,
    );
  };
  const reading = { parts, size, scaleOf, magnitude };
  switch (settings.type) {
    case "lora":
      return loraChange(reading, { a: "lora_A.weight", b: "lora_B.weight" });
    case "loha":
      return lohaChange(reading);
    case "lokr":
      return lokrChange(reading);
    case "oft":
      return peftOft(parts, size, settings.oft);
    case "boft":
      return peftBoft(parts, size, settings.boft);
  }
}

function magnitudeOf({ outFeatures }: ModelModule, parts: TensorParts): Magnitude {
  const name = "lora_magnitude_vector";
  const lengths =
    parts.takeIfAny(`${name}.weight`, [outFeatures]) ?? parts.take(name, [outFeatures]);
  return { lengths, of: "rows", epsilon: 0 };
}
