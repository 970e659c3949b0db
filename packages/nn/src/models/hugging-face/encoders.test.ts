import { describe, expect, it } from "vitest";
import { assignStateDict } from "../../weights/assign-state-dict.ts";
import { SentenceEncoder } from "../sentence-encoder.ts";
import { VisionTransformer } from "../vision-transformer.ts";
import { modelFromHuggingFace } from "./model-from-hugging-face.ts";
import { timmStateDict } from "./state-dicts.ts";
import {
  joinProjections,
  outputs,
  scrambled,
  stored,
  tensorsOf,
  zeros,
} from "./testing/checkpoints.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

describe("a vision transformer", () => {
  const CONFIG = {
    model_type: "vit",
    image_size: [8, 12],
    patch_size: 4,
    num_channels: 2,
    hidden_size: 8,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 12,
    layer_norm_eps: 1e-4,
  };
  const vit = (): VisionTransformer =>
    scrambled(
      new VisionTransformer({
        imageSize: [8, 12],
        patchSize: 4,
        channels: 2,
        classes: 5,
        features: 8,
        layers: 2,
        heads: 2,
        hidden: 12,
        epsilon: 1e-4,
      }),
    );
  const rename = (name: string): string =>
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
      .replace("norm2", "layernorm_after");

  it("computes the same by Hugging Face's names", async () => {
    const expected = vit();
    const tensors = tensorsOf(expected, rename).set("vit.pooler.dense.bias", zeros([8]));
    const model = modelFromHuggingFace(CONFIG, await stored(tensors)) as VisionTransformer;
    expect(model).toBeInstanceOf(VisionTransformer);
    expect(outputs(model.trace({ images: 2 }))).toEqual(outputs(expected.trace({ images: 2 })));
  });

  it("computes the same by timm's names", async () => {
    const expected = vit();
    const tensors = tensorsOf(expected, (name) => name.replace("attn.o_proj", "attn.proj"));
    for (const layer of [0, 1]) joinProjections(tensors, `blocks.${layer}.attn.`, "qkv");
    const state = timmStateDict(await stored(tensors));
    const model = new VisionTransformer({
      imageSize: [8, 12],
      patchSize: 4,
      channels: 2,
      classes: 5,
      features: 8,
      layers: 2,
      heads: 2,
      hidden: 12,
      epsilon: 1e-4,
    });
    assignStateDict(model.namedParameters(), state);
    expect(outputs(model.trace({ images: 1 }))).toEqual(outputs(expected.trace({ images: 1 })));
  });

  it.each([
    ["CONFIG_UNSUPPORTED", { qkv_bias: false }],
    ["CONFIG_UNSUPPORTED", { hidden_act: "gelu_new" }],
    ["CONFIG_INVALID", { image_size: [8] }],
    ["CONFIG_INVALID", { image_size: [8, 0] }],
    ["CONFIG_INVALID", { patch_size: 5 }],
  ])("is refused with %s for %j", async (expected, changes) => {
    const state = await stored(tensorsOf(vit(), rename));
    expect(() => modelFromHuggingFace({ ...CONFIG, ...changes }, state)).toThrow(code(expected));
  });
});

describe("a BERT", () => {
  const CONFIG = {
    model_type: "bert",
    vocab_size: 17,
    hidden_size: 8,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 12,
    max_position_embeddings: 10,
    layer_norm_eps: 1e-4,
  };
  const bert = (): SentenceEncoder =>
    scrambled(
      new SentenceEncoder({
        vocabulary: 17,
        features: 8,
        layers: 2,
        heads: 2,
        hidden: 12,
        positions: 10,
        epsilon: 1e-4,
      }),
    );
  const rename = (name: string): string =>
    name
      .replace("embeddings.norm", "embeddings.LayerNorm")
      .replace("attn.q_proj", "attention.self.query")
      .replace("attn.k_proj", "attention.self.key")
      .replace("attn.v_proj", "attention.self.value")
      .replace("attn.o_proj", "attention.output.dense")
      .replace("mlp.fc1", "intermediate.dense")
      .replace("mlp.fc2", "output.dense")
      .replace("norm1", "attention.output.LayerNorm")
      .replace("norm2", "output.LayerNorm");
  const old = (name: string): string =>
    `bert.${rename(name)
      .replace(/LayerNorm\.weight$/, "LayerNorm.gamma")
      .replace(/LayerNorm\.bias$/, "LayerNorm.beta")}`;

  it.each([
    ["today's", rename],
    ["old", old],
  ])("computes the same by %s names", async (_, names) => {
    const expected = bert();
    const tensors = tensorsOf(expected, names)
      .set("pooler.dense.weight", zeros([8, 8]))
      .set("embeddings.position_ids", zeros([1, 10]))
      .set("cls.predictions.bias", zeros([17]));
    const model = modelFromHuggingFace(CONFIG, await stored(tensors)) as SentenceEncoder;
    expect(model).toBeInstanceOf(SentenceEncoder);
    const graphs = [model, expected].map((one) => one.trace({ sequences: 2, tokens: 5 }));
    const inputs = {
      ids: Uint32Array.of(3, 1, 4, 1, 5, 9, 2, 6, 0, 0),
      lengths: Uint32Array.of(5, 3),
    };
    const [actual, right] = graphs.map((graph) => outputs(graph, inputs));
    expect(actual).toEqual(right);
  });

  it("pools and goes on as the files of sentence-transformers say", async () => {
    const steps = [
      { kind: "dense", features: 3, activation: { kind: "tanh" } },
      { kind: "normalize" },
    ] as const;
    const expected = scrambled(
      new SentenceEncoder({
        vocabulary: 17,
        features: 8,
        layers: 2,
        heads: 2,
        hidden: 12,
        positions: 10,
        epsilon: 1e-4,
        pooling: ["cls", "mean"],
        steps,
        maxTokens: 6,
      }),
    );
    const all = tensorsOf(expected, rename);
    const ofHead = [...all].filter(([name]) => name.startsWith("dense."));
    for (const [name] of ofHead) all.delete(name);
    const module = (type: string, path: string): object => ({
      type: `sentence_transformers.models.${type}`,
      path,
    });
    const head = new Map(
      ofHead.map(([name, tensor]) => [name.replace("dense.0", "linear"), tensor]),
    );
    const model = modelFromHuggingFace(CONFIG, await stored(all), {
      configs: new Map<string, unknown>([
        [
          "modules.json",
          [
            module("Transformer", ""),
            module("Pooling", "1_Pooling"),
            module("Dense", "2_Dense"),
            module("Normalize", "3_Normalize"),
          ],
        ],
        ["1_Pooling/config.json", { pooling_mode_cls_token: true, pooling_mode_mean_tokens: true }],
        [
          "2_Dense/config.json",
          {
            in_features: 16,
            out_features: 3,
            bias: true,
            activation_function: "torch.nn.modules.activation.Tanh",
          },
        ],
        ["sentence_bert_config.json", { max_seq_length: 6 }],
      ]),
      states: new Map([["2_Dense", await stored(head)]]),
    }) as SentenceEncoder;
    const inputs = {
      ids: Uint32Array.of(3, 1, 4, 1, 5, 9, 2, 6, 0, 0),
      lengths: Uint32Array.of(5, 3),
    };
    const [actual, right] = [model, expected].map((one) =>
      outputs(one.trace({ sequences: 2, tokens: 5 }), inputs),
    );
    expect(actual).toEqual(right);
    expect(actual?.embeddings).toHaveLength(6);
    expect(() => model.trace({ sequences: 1, tokens: 7 })).toThrow(code("CONTEXT_LENGTH"));
  });

  it.each([
    { position_embedding_type: "relative_key" },
    { type_vocab_size: 4 },
    { is_decoder: true },
    { hidden_act: "relu" },
  ])("is refused for %j", async (changes) => {
    const state = await stored(tensorsOf(bert(), rename));
    expect(() => modelFromHuggingFace({ ...CONFIG, ...changes }, state)).toThrow(
      code("CONFIG_UNSUPPORTED"),
    );
  });
});
