import { parseJsonText, writeSafetensors } from "@papilio/butterfly/files";
import { Llama, modelFromHuggingFace } from "@papilio/nn";
import { mergeAdapter, readAdapter } from "@papilio/nn/adapters";
import { outlineFromHuggingFace, sentenceFilesOf } from "@papilio/nn/models";
import { huggingFaceTokenizer, llama2cTokenizer } from "@papilio/nn/tokenizers";
import {
  assignStateDict,
  butterfliesFromStateDict,
  loadStateDict,
  readLlama2c,
  StoredTensor,
} from "@papilio/nn/weights";
import { preprocess, readPreprocessing } from "../../images/preprocessing.ts";
import { TOKENIZER } from "../model-folders.ts";
import { LLAMA2C_HEADER, type LlamaSizes, llama2cBytes, SAFETENSORS_HEADER } from "./framing.ts";
import { bytesOf, type Subject } from "./subject.ts";

const INDEX = "model.safetensors.index.json";
const SHARD = "model-00001-of-00001.safetensors";

/** Files of models: weights, configurations and tokenizers. */
export function modelSubjects(): Subject[] {
  const weights = Float32Array.from({ length: 32 }, Math.cos);
  const tensors = writeSafetensors([
    { name: "x.blkdiag1", dtype: "F32", shape: [2, 2, 2], values: weights.subarray(0, 8) },
    { name: "x.blkdiag2", dtype: "F32", shape: [2, 2, 2], values: weights.subarray(8, 16) },
    { name: "y.weight", dtype: "F32", shape: [2, 2, 2, 2], values: weights.subarray(0, 16) },
  ]);
  const index = {
    metadata: { total_size: 128 },
    weight_map: { "x.blkdiag1": SHARD, "y.weight": SHARD },
  };
  const states = new Map(CONFIGS.map((config) => [config.model_type, stateOf(config)]));
  const dense = new Map([
    ["linear.weight", tensorOfZeros("linear.weight", [4, 8])],
    ["linear.bias", tensorOfZeros("linear.bias", [4])],
  ]);
  const image = { width: 3, height: 2, data: new Uint8Array(18) };
  return [
    {
      name: "state dict",
      seeds: [tensors],
      textual: true,
      frame: SAFETENSORS_HEADER,
      read: async (bytes) => {
        const loaded = await loadStateDict(bytes);
        butterfliesFromStateDict(loaded, loaded.has("y.weight") ? "y" : "x");
      },
    },
    {
      name: "shard index",
      seeds: [bytesOf(JSON.stringify(index))],
      textual: true,
      read: (bytes) =>
        loadStateDict(
          new Map([
            [INDEX, bytes],
            [SHARD, tensors],
          ]),
        ),
    },
    {
      name: "llama2.c model",
      seeds: [llama2c(4, 4, 1, 2, 1, 4, 2), llama2c(4, 6, 2, 1, 1, -4, 2)],
      textual: false,
      frame: LLAMA2C_HEADER,
      read: (bytes) => {
        const { config, tensors: read } = readLlama2c(bytes);
        assignStateDict(new Llama(config).namedParameters(), read);
      },
    },
    {
      name: "config.json",
      seeds: CONFIGS.map((config) => bytesOf(JSON.stringify(config))),
      textual: true,
      read: (bytes) => {
        const config = parsed(bytes);
        const { model_type: type } = Object(config) as { model_type: string };
        return modelFromHuggingFace(config, states.get(type) ?? new Map());
      },
    },
    {
      name: "adapter_config.json",
      seeds: ADAPTERS.map(({ config }) => bytesOf(JSON.stringify(config))),
      textual: true,
      read: (bytes) => {
        const config = parsed(bytes);
        const { peft_type: type } = Object(config) as { peft_type: string };
        const { tensors } = ADAPTERS.find((one) => one.config.peft_type === type) ?? ADAPTERS[0];
        return mergedAdapter(config, tensors);
      },
    },
    {
      name: "sentence-transformers",
      seeds: [bytesOf(JSON.stringify(SENTENCE))],
      textual: true,
      read: (bytes) => {
        const files = Object(parsed(bytes)) as Record<string, unknown>;
        const configs = new Map(Object.entries(files));
        sentenceFilesOf(files["modules.json"]);
        return modelFromHuggingFace(BERT, states.get("bert") ?? new Map(), {
          configs,
          states: new Map([["2_Dense", dense]]),
        });
      },
    },
    {
      name: "preprocessor_config.json",
      seeds: [bytesOf(JSON.stringify(PREPROCESSOR))],
      textual: true,
      read: (bytes) => preprocess(image, readPreprocessing(parsed(bytes), 8)),
    },
    {
      name: "tokenizer.json",
      seeds: [bytesOf(JSON.stringify(TOKENIZER))],
      textual: true,
      read: async (bytes) => {
        const tokenizer = await huggingFaceTokenizer(bytes);
        tokenizer.decode(tokenizer.encode("<s>a b  c"));
      },
    },
    {
      name: "llama2.c tokenizer",
      seeds: [llama2cVocabulary()],
      textual: false,
      read: (bytes) => {
        const tokenizer = llama2cTokenizer(bytes);
        tokenizer.decode(tokenizer.encode("ab é"));
      },
    },
  ];
}

/** What a command makes of a JSON file beside a model, whose own errors are given their code there. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return parseJsonText(bytes);
  } catch {
    return null;
  }
}

const LLAMA = {
  model_type: "llama",
  vocab_size: 8,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  max_position_embeddings: 32,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
  rope_scaling: null,
  tie_word_embeddings: false,
};

const BERT = {
  model_type: "bert",
  vocab_size: 8,
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
};

/** Configurations of adapters of a layer of {@link LLAMA}, and the shapes of their tensors. */
const ADAPTERS = [
  {
    config: {
      peft_type: "LORA",
      ...{ r: 2, lora_alpha: 4, use_rslora: true, rank_pattern: { "0.*q_proj": 1 } },
      ...{ target_modules: ".*\\.q_proj", modules_to_save: ["lm_head"], bias: "none" },
    },
    tensors: { "lora_A.weight": [1, 8], "lora_B.weight": [8, 1] },
  },
  {
    config: {
      peft_type: "BOFT",
      ...{ boft_block_size: 4, boft_n_butterfly_factor: 2, boft_block_num: 0 },
      ...{ target_modules: ["q_proj"], layers_to_transform: [0], exclude_modules: null },
    },
    tensors: { boft_R: [2, 2, 4, 4], boft_s: [8, 1] },
  },
  {
    config: {
      peft_type: "OFT",
      ...{ oft_block_size: 4, use_cayley_neumann: true, num_cayley_neumann_terms: 5 },
      target_modules: ["q_proj"],
    },
    tensors: { "oft_R.weight": [2, 6] },
  },
] as const;

function mergedAdapter(config: unknown, shapes: Readonly<Record<string, readonly number[]>>): void {
  const tensors = Object.entries(shapes).map(([part, shape]) => {
    const name = `base_model.model.model.layers.0.self_attn.q_proj.${part}`;
    return [name, tensorOfZeros(name, shape)] as const;
  });
  const model = modelFromHuggingFace(LLAMA, stateOf(LLAMA));
  mergeAdapter(model, readAdapter(model, { config, state: new Map(tensors) }));
}

/** The files beside a model of sentence-transformers, by their names. */
const SENTENCE = {
  "modules.json": [
    { idx: 0, name: "0", path: "", type: "sentence_transformers.models.Transformer" },
    { idx: 1, name: "1", path: "1_Pooling", type: "sentence_transformers.models.Pooling" },
    { idx: 2, name: "2", path: "2_Dense", type: "sentence_transformers.models.Dense" },
    { idx: 3, name: "3", path: "3_Normalize", type: "sentence_transformers.models.Normalize" },
  ],
  "1_Pooling/config.json": {
    word_embedding_dimension: 8,
    pooling_mode_cls_token: true,
    pooling_mode_mean_tokens: false,
  },
  "2_Dense/config.json": {
    in_features: 8,
    out_features: 4,
    bias: true,
    activation_function: "torch.nn.modules.activation.Tanh",
  },
  "sentence_bert_config.json": { max_seq_length: 16, do_lower_case: false },
  "config_sentence_transformers.json": { prompts: { query: "q: " }, default_prompt_name: null },
};

const CONFIGS = [
  LLAMA,
  { model_type: "gpt2", vocab_size: 8, n_embd: 8, n_layer: 1, n_head: 2, n_positions: 16 },
  {
    model_type: "vit",
    image_size: [8, 8],
    patch_size: 4,
    hidden_size: 8,
    num_hidden_layers: 1,
    num_attention_heads: 2,
  },
  BERT,
];

const PREPROCESSOR = {
  do_resize: true,
  size: { height: 8, width: 8 },
  resample: 2,
  do_center_crop: true,
  crop_size: 6,
  rescale_factor: 1 / 255,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.5, 0.5, 0.5],
};

/** The weights of a model of a single layer, all of them zero. */
function stateOf(config: object): Map<string, StoredTensor> {
  const parameters = outlineFromHuggingFace(config)?.namedParameters() ?? [];
  return new Map([...parameters].map(([name, { shape }]) => [name, tensorOfZeros(name, shape)]));
}

function tensorOfZeros(name: string, shape: readonly number[]): StoredTensor {
  const values = new Float32Array(shape.reduce((product, length) => product * length, 1));
  return StoredTensor.of({ name, dtype: "F32", shape, values });
}

/** A whole model of zeros. */
function llama2c(...sizes: LlamaSizes): Uint8Array {
  const file = new Uint8Array(llama2cBytes(sizes));
  new Int32Array(file.buffer, 0, 7).set(sizes);
  return file;
}

/** The three special tokens, one for each byte, and two letters. */
function llama2cVocabulary(): Uint8Array {
  const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, "0");
  const texts = [
    ...["<unk>", "\n<s>\n", "\n</s>\n"],
    ...Array.from({ length: 256 }, (_, byte) => `<0x${hex(byte)}>`),
    ...[" ", "a", "b", "ab"],
  ];
  const parts = texts.map((text, id) => {
    const head = Buffer.alloc(8);
    head.writeFloatLE(-id, 0);
    head.writeInt32LE(Buffer.byteLength(text), 4);
    return Buffer.concat([head, Buffer.from(text)]);
  });
  const longest = Buffer.alloc(4);
  longest.writeInt32LE(8);
  return new Uint8Array(Buffer.concat([longest, ...parts]));
}
