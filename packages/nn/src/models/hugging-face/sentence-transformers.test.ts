import { describe, expect, it } from "vitest";
import { StoredTensor } from "../../weights/stored-tensor.ts";
import { sentenceFilesOf, sentenceModules } from "./sentence-transformers.ts";

const code = (expected: string, part: string): unknown =>
  expect.objectContaining({ code: expected, message: expect.stringContaining(part) });

const TYPES = "sentence_transformers.models.";
const modules = (...types: readonly string[]): object[] =>
  ["Transformer", ...types].map((type, idx) => ({
    idx,
    name: String(idx),
    path: type === "Transformer" ? "" : `${idx}_${type}`,
    type: TYPES + type,
  }));
/** As sentence-transformers writes it, all kinds of pooling named. */
const pooling = (...on: readonly string[]): object => ({
  word_embedding_dimension: 8,
  ...Object.fromEntries(
    [
      "cls_token",
      "mean_tokens",
      "max_tokens",
      "mean_sqrt_len_tokens",
      "weightedmean_tokens",
      "lasttoken",
    ].map((mode) => [`pooling_mode_${mode}`, on.includes(mode)]),
  ),
  include_prompt: true,
});
const read = (files: Record<string, unknown>): ReturnType<typeof sentenceModules> =>
  sentenceModules({ configs: new Map(Object.entries(files)) }, 8);
const PLAIN = {
  "modules.json": modules("Pooling", "Normalize"),
  "1_Pooling/config.json": pooling("cls_token"),
};

describe("the files of sentence-transformers", () => {
  it.each([
    [["cls_token"], ["cls"]],
    [["max_tokens"], ["max"]],
    [["mean_tokens"], ["mean"]],
    [["mean_sqrt_len_tokens"], ["mean-sqrt-length"]],
    [["weightedmean_tokens"], ["weighted-mean"]],
    // The order is the library's, not the file's.
    [
      ["mean_tokens", "max_tokens", "cls_token"],
      ["cls", "max", "mean"],
    ],
  ])("with %j pool so", (on, expected) => {
    const { config } = read({
      "modules.json": modules("Pooling"),
      "1_Pooling/config.json": pooling(...on),
    });
    expect(config).toMatchObject({ pooling: expected, steps: [] });
  });

  it("pool by the mean where none is named, and by what newer files name", () => {
    const named = (extra: object): unknown =>
      read({ "modules.json": modules("Pooling"), "1_Pooling/config.json": extra }).config.pooling;
    expect(named({ word_embedding_dimension: 8 })).toEqual(["mean"]);
    expect(named({ embedding_dimension: 8, pooling_mode: "cls" })).toEqual(["cls"]);
    expect(named({ embedding_dimension: 8, pooling_mode: ["mean", "max"] })).toEqual([
      "max",
      "mean",
    ]);
  });

  it("normalize where they say so, and have dense layers with their weights", () => {
    expect(read(PLAIN).config.steps).toEqual([{ kind: "normalize" }]);
    const list = modules("Pooling", "Dense", "Normalize");
    expect(sentenceFilesOf(list)).toEqual({
      configs: [
        "1_Pooling/config.json",
        "2_Dense/config.json",
        "sentence_bert_config.json",
        "config_sentence_transformers.json",
      ],
      states: ["2_Dense"],
    });
    const tensor = new StoredTensor(
      { name: "linear.weight", dtype: "F32", shape: [3, 8] },
      96,
      () => new Uint8Array(96),
    );
    const { config, state } = sentenceModules(
      {
        configs: new Map<string, unknown>([
          ["modules.json", list],
          ["1_Pooling/config.json", pooling("mean_tokens")],
          [
            "2_Dense/config.json",
            {
              in_features: 8,
              out_features: 3,
              bias: false,
              activation_function: "torch.nn.modules.linear.Identity",
            },
          ],
        ]),
        states: new Map([["2_Dense", new Map([["linear.weight", tensor]])]]),
      },
      8,
    );
    expect(config.steps).toEqual([
      { kind: "dense", features: 3, bias: false, activation: undefined },
      { kind: "normalize" },
    ]);
    expect([...state.keys()]).toEqual(["dense.0.weight"]);
  });

  it("say how texts become ids", () => {
    const { config, text } = read({
      ...PLAIN,
      "sentence_bert_config.json": { max_seq_length: 128, do_lower_case: true },
      "config_sentence_transformers.json": {
        prompts: { query: "query: ", document: "" },
        default_prompt_name: "query",
      },
    });
    expect(config.maxTokens).toBe(128);
    expect(text).toEqual({
      maxTokens: 128,
      lowerCase: true,
      prompts: { query: "query: ", document: "" },
      defaultPrompt: "query",
    });
    const none = read({ ...PLAIN, "sentence_bert_config.json": { max_seq_length: null } });
    expect(none.config.maxTokens).toBeUndefined();
  });

  const prompted = { "config_sentence_transformers.json": { prompts: { query: "query: " } } };
  it.each<[string, string, Record<string, unknown>]>([
    [
      "CONFIG_UNSUPPORTED",
      "pooling_mode_lasttoken",
      { "1_Pooling/config.json": pooling("lasttoken") },
    ],
    [
      "CONFIG_UNSUPPORTED",
      "pooling_mode_lasttoken",
      { "1_Pooling/config.json": pooling("mean_tokens", "lasttoken") },
    ],
    [
      "CONFIG_UNSUPPORTED",
      "pooling_mode_new",
      { "1_Pooling/config.json": { ...pooling("mean_tokens"), pooling_mode_new: true } },
    ],
    [
      "CONFIG_UNSUPPORTED",
      "pooling_mode",
      { "1_Pooling/config.json": { pooling_mode: "lasttoken" } },
    ],
    ["CONFIG_UNSUPPORTED", "pooling_mode", { "1_Pooling/config.json": pooling() }],
    [
      "CONFIG_UNSUPPORTED",
      "word_embedding_dimension",
      { "1_Pooling/config.json": { ...pooling("cls_token"), word_embedding_dimension: 9 } },
    ],
    [
      "CONFIG_UNSUPPORTED",
      "include_prompt",
      {
        ...prompted,
        "1_Pooling/config.json": { ...pooling("mean_tokens"), include_prompt: false },
      },
    ],
    ["CONFIG_UNSUPPORTED", "WordWeights", { "modules.json": modules("WordWeights", "Pooling") }],
    ["CONFIG_UNSUPPORTED", "LayerNorm", { "modules.json": modules("Pooling", "LayerNorm") }],
    ["CONFIG_UNSUPPORTED", "ends before", { "modules.json": modules() }],
    [
      "CONFIG_UNSUPPORTED",
      "in_features",
      {
        "modules.json": modules("Pooling", "Dense"),
        "2_Dense/config.json": { in_features: 9, out_features: 3 },
      },
    ],
    [
      "CONFIG_UNSUPPORTED",
      "activation_function",
      {
        "modules.json": modules("Pooling", "Dense"),
        "2_Dense/config.json": { in_features: 8, out_features: 3, activation_function: "my.Swish" },
      },
    ],
    [
      "CONFIG_UNSUPPORTED",
      "path",
      {
        "modules.json": [
          ...modules().slice(0, 1),
          { type: `${TYPES}Pooling`, path: "../1_Pooling" },
        ],
      },
    ],
    [
      "CONFIG_UNSUPPORTED",
      "default_prompt_name",
      { "config_sentence_transformers.json": { default_prompt_name: "x" } },
    ],
    [
      "CONFIG_UNSUPPORTED",
      "truncate_dim",
      { "config_sentence_transformers.json": { truncate_dim: 4 } },
    ],
    ["CONFIG_INVALID", "1_Pooling/config.json", { "1_Pooling/config.json": undefined }],
    ["CONFIG_INVALID", "1_Pooling/config.json", { "1_Pooling/config.json": [] }],
    [
      "CONFIG_INVALID",
      "pooling_mode_cls_token",
      { "1_Pooling/config.json": { pooling_mode_cls_token: 1 } },
    ],
    ["CONFIG_INVALID", "max_seq_length", { "sentence_bert_config.json": { max_seq_length: -1 } }],
    ["CONFIG_INVALID", "modules.json", { "modules.json": {} }],
    ["CONFIG_INVALID", "modules.json", { "modules.json": [null] }],
    [
      "CONFIG_INVALID",
      "prompts",
      { "config_sentence_transformers.json": { prompts: { query: 1 } } },
    ],
  ])("are refused with %s that names %s", (expected, part, changes) => {
    expect(() => read({ ...PLAIN, ...changes })).toThrow(code(expected, part));
  });
});
