import { describe, expect, it } from "vitest";
import { Gpt2 } from "../gpt2.ts";
import { Llama } from "../llama.ts";
import { modelFromHuggingFace } from "./model-from-hugging-face.ts";
import {
  joinProjections,
  outputs,
  scrambled,
  stored,
  type Tensors,
  tensorsOf,
  transposed,
  zeros,
} from "./testing/checkpoints.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

const LLAMA = {
  model_type: "llama",
  vocab_size: 11,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 16,
  rms_norm_eps: 1e-4,
  rope_theta: 500,
  hidden_act: "silu",
  tie_word_embeddings: false,
};

const llama = (tiedHead: boolean): Llama =>
  scrambled(
    new Llama({
      vocabulary: 11,
      features: 8,
      hidden: 12,
      layers: 2,
      heads: 4,
      keyValueHeads: 2,
      positions: 16,
      epsilon: 1e-4,
      theta: 500,
      tiedHead,
    }),
  );

describe("a Llama", () => {
  it.each([
    [false, {}],
    [true, { tie_word_embeddings: true }],
    [false, { rope_theta: undefined, rope_parameters: { rope_type: "default", rope_theta: 500 } }],
    [false, { rope_scaling: null, torch_dtype: "bfloat16", head_dim: 2 }],
  ])(
    "with a tied head %s and %j computes what the model of the same numbers does",
    async (tied, changes) => {
      const expected = llama(tied);
      const tensors = tensorsOf(expected, (name) => name);
      // As old files have it, and files of tied heads may.
      tensors.set("model.layers.0.self_attn.rotary_emb.inv_freq", zeros([1]));
      if (tied) tensors.set("lm_head.weight", zeros([11, 8]));
      const model = modelFromHuggingFace({ ...LLAMA, ...changes }, await stored(tensors)) as Llama;
      expect(model).toBeInstanceOf(Llama);
      expect(outputs(model.trace({ tokens: 7 }))).toEqual(outputs(expected.trace({ tokens: 7 })));
    },
  );

  it.each([
    ["CONFIG_UNSUPPORTED", { rope_scaling: { rope_type: "llama3", factor: 8 } }],
    ["CONFIG_UNSUPPORTED", { rope_scaling: { type: "linear", factor: 2 } }],
    ["CONFIG_UNSUPPORTED", { rope_parameters: { rope_type: "yarn" } }],
    ["CONFIG_UNSUPPORTED", { hidden_act: "gelu" }],
    ["CONFIG_UNSUPPORTED", { attention_bias: true }],
    ["CONFIG_UNSUPPORTED", { mlp_bias: true }],
    ["CONFIG_UNSUPPORTED", { head_dim: 4 }],
    ["CONFIG_UNSUPPORTED", { quantization_config: { bits: 4 } }],
    ["CONFIG_UNSUPPORTED", { model_type: "mamba" }],
    ["CONFIG_UNSUPPORTED", { model_type: "toString" }],
    ["CONFIG_INVALID", { model_type: 3 }],
    ["CONFIG_INVALID", { vocab_size: "11" }],
    ["CONFIG_INVALID", { hidden_size: 0 }],
    ["CONFIG_INVALID", { hidden_size: undefined }],
    ["CONFIG_INVALID", { hidden_size: 1e12 }],
    ["CONFIG_INVALID", { num_hidden_layers: 1e6 }],
    ["CONFIG_INVALID", { num_attention_heads: 3 }],
    ["CONFIG_INVALID", { num_attention_heads: 8 }],
    ["CONFIG_INVALID", { num_key_value_heads: 3 }],
    ["CONFIG_INVALID", { rms_norm_eps: -1 }],
    ["CONFIG_INVALID", { rope_theta: "NaN" }],
    ["CONFIG_INVALID", { rope_scaling: 2 }],
    ["CONFIG_INVALID", { tie_word_embeddings: 1 }],
    ["STATE_DICT_MISMATCH", { num_hidden_layers: 3 }],
    ["STATE_DICT_MISMATCH", { num_hidden_layers: 1 }],
    ["STATE_DICT_MISMATCH", { intermediate_size: 13 }],
  ])("is refused with %s for %j", async (expected, changes) => {
    const state = await stored(tensorsOf(llama(false), (name) => name));
    expect(() => modelFromHuggingFace({ ...LLAMA, ...changes }, state)).toThrow(code(expected));
  });

  it.each([[undefined], [null], [[]], ["{}"]])("is not read from %j", (config) => {
    expect(() => modelFromHuggingFace(config, new Map())).toThrow(code("CONFIG_INVALID"));
  });
});

describe("GPT-2", () => {
  const CONFIG = {
    model_type: "gpt2",
    vocab_size: 13,
    n_embd: 8,
    n_layer: 2,
    n_head: 2,
    n_positions: 9,
    n_inner: null,
    activation_function: "gelu_new",
    layer_norm_epsilon: 1e-3,
  };
  const gpt2 = (): Gpt2 =>
    scrambled(
      new Gpt2({ vocabulary: 13, features: 8, layers: 2, heads: 2, positions: 9, epsilon: 1e-3 }),
    );
  const checkpoint = (model: Gpt2, prefix: string): Tensors => {
    const tensors = tensorsOf(model, (name) => name);
    for (const layer of [0, 1]) joinProjections(tensors, `h.${layer}.attn.`, "c_attn");
    const named: Tensors = new Map();
    for (const [name, tensor] of tensors) {
      const next = name
        .replace("attn.o_proj", "attn.c_proj")
        .replace("mlp.fc1", "mlp.c_fc")
        .replace("mlp.fc2", "mlp.c_proj");
      const conv1d = /\.c_\w+\.weight$/.test(next);
      named.set(prefix + next, conv1d ? transposed(tensor) : tensor);
    }
    for (const layer of [0, 1]) {
      named.set(`${prefix}h.${layer}.attn.bias`, zeros([1, 1, 9, 9]));
      named.set(`${prefix}h.${layer}.attn.masked_bias`, zeros([1]));
    }
    return named;
  };

  it.each([[""], ["transformer."]])(
    "with names that begin with %j computes the same",
    async (prefix) => {
      const expected = gpt2();
      const tensors = checkpoint(expected, prefix);
      if (prefix !== "") tensors.set("lm_head.weight", zeros([13, 8]));
      const model = modelFromHuggingFace(CONFIG, await stored(tensors)) as Gpt2;
      expect(model).toBeInstanceOf(Gpt2);
      expect(outputs(model.trace({ tokens: 6 }))).toEqual(outputs(expected.trace({ tokens: 6 })));
    },
  );

  it.each([
    { activation_function: "gelu" },
    { n_inner: 16 },
    { scale_attn_weights: false },
    { scale_attn_by_inverse_layer_idx: true },
    { tie_word_embeddings: false },
    { add_cross_attention: true },
  ])("is refused for %j", async (changes) => {
    const state = await stored(checkpoint(gpt2(), ""));
    expect(() => modelFromHuggingFace({ ...CONFIG, ...changes }, state)).toThrow(
      code("CONFIG_UNSUPPORTED"),
    );
  });

  it("is refused where queries, keys and values are not three of one size, or names meet", async () => {
    const tensors = checkpoint(gpt2(), "");
    const twice = new Map(tensors).set("transformer.ln_f.bias", zeros([8]));
    expect(() => modelFromHuggingFace(CONFIG, new Map())).toThrow(code("STATE_DICT_MISMATCH"));
    const state = await stored(twice);
    expect(() => modelFromHuggingFace(CONFIG, state)).toThrow(code("STATE_DICT_RENAME"));
    tensors.set("h.0.attn.c_attn.bias", zeros([23]));
    const odd = await stored(tensors);
    expect(() => modelFromHuggingFace(CONFIG, odd)).toThrow(code("TENSOR_SHAPE"));
  });
});
