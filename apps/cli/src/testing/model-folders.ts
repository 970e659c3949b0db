import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type HuggingFaceModel, Llama, SentenceEncoder, VisionTransformer } from "@papilio/nn";
import { saveStateDict } from "@papilio/nn/node";

/** Writes a folder with config.json and weights by Hugging Face's names, and other files as JSON. */
async function writeModel(
  folder: string,
  model: HuggingFaceModel,
  { rename, ...files }: Readonly<Record<string, unknown>> & { rename(name: string): string },
): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const tensors = [...model.namedParameters()].map(
    ([name, { shape, values }]) => [rename(name), { shape, values }] as const,
  );
  await saveStateDict(folder, new Map(tensors));
  for (const [name, contents] of Object.entries(files)) {
    writeFileSync(join(folder, name), JSON.stringify(contents));
  }
  return folder;
}

/** A tokenizer of words, a few letters of the alphabet. */
export const TOKENIZER = {
  version: "1.0",
  added_tokens: [
    {
      id: 0,
      content: "<s>",
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    },
  ],
  normalizer: null,
  pre_tokenizer: { type: "WhitespaceSplit" },
  post_processor: null,
  decoder: null,
  model: {
    type: "WordLevel",
    vocab: { "<s>": 0, a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7 },
    unk_token: "<s>",
  },
};

/** Sizes of a Llama of eight words. */
const LLAMA_SIZES = {
  vocabulary: 8,
  features: 8,
  hidden: 12,
  layers: 1,
  heads: 2,
  positions: 32,
  epsilon: 1e-6,
} as const;

/** A Llama of eight words, of texts of so many. */
export function writeLlama(
  folder: string,
  positions: number = LLAMA_SIZES.positions,
): Promise<string> {
  const model = new Llama({ ...LLAMA_SIZES, positions, seed: 3 });
  return writeModel(folder, model, {
    rename: (name) => name,
    "config.json": {
      model_type: "llama",
      vocab_size: 8,
      hidden_size: 8,
      intermediate_size: 12,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      max_position_embeddings: positions,
      tie_word_embeddings: false,
    },
    "tokenizer.json": TOKENIZER,
    "tokenizer_config.json": { bos_token: "<s>" },
  });
}

export function visionModel(): VisionTransformer {
  return new VisionTransformer({
    imageSize: 8,
    patchSize: 4,
    classes: 5,
    features: 8,
    layers: 1,
    heads: 2,
    hidden: 12,
    epsilon: 1e-12,
    seed: 5,
  });
}

/** A vision transformer of images of 3 x 8 x 8 and five classes. */
export function writeVision(folder: string): Promise<string> {
  return writeModel(folder, visionModel(), {
    rename: (name) =>
      name
        .replace(/^cls_token$/, "vit.embeddings.cls_token")
        .replace(/^pos_embed$/, "vit.embeddings.position_embeddings")
        .replace(/^patch_embed\.proj/, "vit.embeddings.patch_embeddings.projection")
        .replace(/^head/, "classifier")
        .replace(/^norm/, "vit.layernorm")
        .replace(/^blocks/, "vit.encoder.layer")
        .replace("attn.q_proj", "attention.attention.query")
        .replace("attn.k_proj", "attention.attention.key")
        .replace("attn.v_proj", "attention.attention.value")
        .replace("attn.o_proj", "attention.output.dense")
        .replace("mlp.fc1", "intermediate.dense")
        .replace("mlp.fc2", "output.dense")
        .replace("norm1", "layernorm_before")
        .replace("norm2", "layernorm_after"),
    "config.json": {
      model_type: "vit",
      image_size: 8,
      patch_size: 4,
      hidden_size: 8,
      intermediate_size: 12,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      id2label: { 0: "ant", 1: "bee", 2: "cat", 3: "dog" },
    },
  });
}

export function sentenceModel(): SentenceEncoder {
  return new SentenceEncoder({
    vocabulary: 8,
    features: 8,
    layers: 1,
    heads: 2,
    hidden: 12,
    positions: 16,
    seed: 7,
  });
}

/** An encoder of sentences, of eight words. */
export function writeSentence(folder: string): Promise<string> {
  return writeModel(folder, sentenceModel(), {
    rename: (name) =>
      name
        .replace("embeddings.norm", "embeddings.LayerNorm")
        .replace("attn.q_proj", "attention.self.query")
        .replace("attn.k_proj", "attention.self.key")
        .replace("attn.v_proj", "attention.self.value")
        .replace("attn.o_proj", "attention.output.dense")
        .replace("mlp.fc1", "intermediate.dense")
        .replace("mlp.fc2", "output.dense")
        .replace("norm1", "attention.output.LayerNorm")
        .replace("norm2", "output.LayerNorm"),
    "config.json": {
      model_type: "bert",
      vocab_size: 8,
      hidden_size: 8,
      intermediate_size: 12,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      max_position_embeddings: 16,
    },
  });
}
