import { describeValue } from "@papilio/butterfly/errors";
import { LinearLayer } from "../layers/linear-layer.ts";
import { Gpt2 } from "../models/gpt2.ts";
import {
  bertStateDict,
  gpt2StateDict,
  llamaStateDict,
  vitStateDict,
} from "../models/hugging-face/state-dicts.ts";
import { Llama } from "../models/llama.ts";
import { SentenceEncoder } from "../models/sentence-encoder.ts";
import { VisionTransformer } from "../models/vision-transformer.ts";
import type { Module } from "../modules/module.ts";
import { type StateDict, StoredTensor } from "../weights/stored-tensor.ts";
import type { AdapterLayer } from "./adapter.ts";
import { adapterError } from "./adapter-error.ts";

/** How a family of models is named in checkpoints for Hugging Face. */
interface Naming {
  /** What stands before the names of the base model within one with a head; names may lack it. */
  readonly wrapper: string;
  /** What stands before a layer's number. */
  readonly layer: string;
  /** Linear modules of a layer. */
  readonly parts: readonly string[];
  /** Linear modules beside the base model. */
  readonly heads: readonly string[];
  /** Brings tensors to our names. */
  readonly convert: (state: StateDict) => StateDict;
}

const ENCODER = ["attention.output.dense", "intermediate.dense", "output.dense"];
const QKV = ["query", "key", "value"];

const LLAMA: Naming = {
  wrapper: "model.",
  layer: "model.layers.",
  parts: [
    ...["q_proj", "k_proj", "v_proj", "o_proj"].map((name) => `self_attn.${name}`),
    ...["gate_proj", "up_proj", "down_proj"].map((name) => `mlp.${name}`),
  ],
  heads: ["lm_head"],
  convert: (state) => llamaStateDict(state, { tiedHead: false }),
};

const GPT2: Naming = {
  wrapper: "transformer.",
  layer: "transformer.h.",
  parts: ["attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"],
  heads: [],
  convert: gpt2StateDict,
};

const VIT: Naming = {
  wrapper: "vit.",
  layer: "vit.encoder.layer.",
  parts: [...QKV.map((name) => `attention.attention.${name}`), ...ENCODER],
  heads: ["classifier"],
  convert: vitStateDict,
};

const BERT: Naming = {
  wrapper: "bert.",
  layer: "bert.encoder.layer.",
  parts: [...QKV.map((name) => `attention.self.${name}`), ...ENCODER],
  heads: [],
  convert: bertStateDict,
};

/** A linear module of a checkpoint, and the layers of the model that it becomes. */
export interface ModelModule {
  readonly name: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly layers: readonly AdapterLayer[];
}

/** The linear modules of a model as checkpoints for Hugging Face name them. */
export class ModelModules {
  /** By name, with what stands before those of the base model; in the model's order. */
  readonly all: ReadonlyMap<string, ModelModule>;
  readonly #naming: Naming;

  /** @throws PapilioError `ADAPTER_MISMATCH` for a model that is not read from such checkpoints */
  constructor(model: Module) {
    this.#naming = namingOf(model);
    const { layer, parts, heads } = this.#naming;
    const modules = model.namedModules();
    const all = new Map<string, ModelModule>();
    const add = (name: string): boolean => {
      const found = this.#module(name, modules);
      if (found !== undefined) all.set(name, found);
      return found !== undefined;
    };
    // All that there are, layer by layer, until there are none.
    for (let index = 0; parts.filter((part) => add(`${layer}${index}.${part}`)).length > 0; )
      index++;
    heads.forEach(add);
    this.all = all;
  }

  /** A name with what stands before those of the base model, where it lacks that. */
  fullName(name: string): string {
    const { wrapper, heads } = this.#naming;
    const isHead = heads.some((head) => name === head || name.startsWith(`${head}.`));
    return isHead || name.startsWith(wrapper) ? name : wrapper + name;
  }

  /** A name without what stands before those of the base model. */
  shortName(name: string): string {
    const { wrapper } = this.#naming;
    return name.startsWith(wrapper) ? name.slice(wrapper.length) : name;
  }

  /** Tensors of the checkpoint by our names, of which each may become several. */
  convert(state: StateDict): StateDict {
    return this.#naming.convert(state);
  }

  #module(name: string, modules: ReadonlyMap<string, Module>): ModelModule | undefined {
    const suffix = ".weight";
    // Only names are asked for: a weight of three rows and columns is as good as any.
    const weight = new StoredTensor(
      { name: name + suffix, dtype: "F32", shape: [3, 3] },
      36,
      () => new Uint8Array(36),
    );
    const names = this.convert(new Map([[weight.name, weight]])).keys();
    const layers: AdapterLayer[] = [];
    let [begin, inFeatures] = [0, 0];
    for (const own of names) {
      const path = own.slice(0, -suffix.length);
      const layer = modules.get(path);
      if (!(layer instanceof LinearLayer)) return undefined;
      layers.push({ path, begin, end: begin + layer.outFeatures });
      begin += layer.outFeatures;
      inFeatures = layer.inFeatures;
    }
    return layers.length === 0 ? undefined : { name, inFeatures, outFeatures: begin, layers };
  }
}

function namingOf(model: Module): Naming {
  if (model instanceof Llama) return LLAMA;
  if (model instanceof Gpt2) return GPT2;
  if (model instanceof VisionTransformer) return VIT;
  if (model instanceof SentenceEncoder) return BERT;
  throw adapterError(
    "ADAPTER_MISMATCH",
    `The model is ${describeValue(model)}, but adapters are read for a Gpt2, a Llama, a SentenceEncoder or a VisionTransformer.`,
  );
}
