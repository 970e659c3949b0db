import { describe, expect, it } from "vitest";
import { dyadic, monarch } from "../../layers/butterfly-linear.ts";
import type { LinearFactory } from "../../layers/linear-layer.ts";
import type { Module } from "../../modules/module.ts";
import { encodeCheckpoint } from "../../training/checkpoint.ts";
import { loadStateDict } from "../../weights/load-state-dict.ts";
import { Gpt2 } from "../gpt2.ts";
import { Llama } from "../llama.ts";
import { VisionTransformer } from "../vision-transformer.ts";
import { modelFromHuggingFace } from "./model-from-hugging-face.ts";
import { newModel } from "./new-model.ts";
import { outlineFromHuggingFace } from "./outline.ts";

const LAYERS: readonly [string, LinearFactory][] = [
  ["monarch", monarch()],
  ["dyadic", dyadic],
];

const GPT2 = {
  model_type: "gpt2",
  vocab_size: 12,
  n_embd: 16,
  n_layer: 3,
  n_head: 2,
  n_positions: 8,
};
const LLAMA = {
  model_type: "llama",
  vocab_size: 12,
  hidden_size: 16,
  intermediate_size: 64,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  max_position_embeddings: 8,
};
const VIT = {
  model_type: "vit",
  image_size: 4,
  patch_size: 2,
  num_channels: 1,
  hidden_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 64,
};

describe.each(LAYERS)("layers that config.json names %s", (name, linear) => {
  const choices = { linear: { projection: linear, ffn: linear }, seed: 5 };
  const size = { features: 16, heads: 2 };
  it.each([
    [GPT2, new Gpt2({ ...size, vocabulary: 12, layers: 3, positions: 8, ...choices })],
    [
      LLAMA,
      new Llama({ ...size, vocabulary: 12, hidden: 64, layers: 1, positions: 8, ...choices }),
    ],
    [
      VIT,
      new VisionTransformer({
        ...size,
        imageSize: 4,
        patchSize: 2,
        channels: 1,
        classes: 7,
        layers: 1,
        ...choices,
      }),
    ],
  ])("are read from a checkpoint of training: $model_type", async (config, model) => {
    const parameters = model.namedParameters();
    const numbers = [...parameters.values()].map(({ values }) => values.slice());
    const state = { steps: 3, parameters: numbers, momentum: numbers, squares: numbers };
    const file = encodeCheckpoint(parameters, { state, optimizer: "adamw", settings: "" });
    const all = { ...config, papilio: { linear: name } };
    expect(outlineFromHuggingFace(all)).toBeInstanceOf(model.constructor);
    const fresh = newModel(all, { seed: 5, classes: 7 });
    const firstOf = (one: Module): Float32Array[] =>
      [...one.namedParameters().values()].map(({ values }) => values);
    expect(firstOf(fresh)).toEqual(numbers);
    const read = modelFromHuggingFace(
      all,
      await loadStateDict(new Map([["model.safetensors", file]])),
    );
    expect([...read.namedParameters().keys()]).toEqual([...parameters.keys()]);
    expect([...read.namedParameters().values()].map(({ values }) => values)).toEqual(numbers);
    expect([...parameters.keys()].some((key) => key.endsWith("factors.1"))).toBe(true);
  });
});

it("products are those of their shapes, and other layers dense", () => {
  const all = { ...GPT2, papilio: { linear: "4,4,4,1; 1,4,4,4" } };
  const names = [...(outlineFromHuggingFace(all)?.namedParameters().keys() ?? [])];
  expect(names).toContain("h.0.attn.q_proj.factors.1");
  expect(names).toContain("h.0.mlp.fc1.weight");
});

it.each([
  ["OPTION_INVALID", { linear: "sparse" }],
  ["CONFIG_INVALID", { linear: 3 }],
  ["CONFIG_INVALID", "monarch"],
  ["PATTERN_SYNTAX", { linear: "1,2" }],
])("%s for %j", (code, papilio) => {
  const outline = (): unknown => outlineFromHuggingFace({ ...GPT2, papilio });
  expect(outline).toThrow(expect.objectContaining({ code }));
});
