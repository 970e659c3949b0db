import { describe, expect, it } from "vitest";
import { Llama } from "../models/llama.ts";
import { adapterFixture } from "../testing/adapter-fixtures.ts";
import { StoredTensor } from "../weights/stored-tensor.ts";
import { mergeAdapter } from "./merge-adapter.ts";
import { readAdapter } from "./read-adapter.ts";

type Files = ReturnType<ReturnType<typeof adapterFixture>["files"]>;

const Q = "base_model.model.model.layers.0.self_attn.q_proj";

/** A tensor of some shape that fails when its numbers are asked for. */
function unread(name: string, shape: readonly number[], dtype: string = "F32"): StoredTensor {
  return new StoredTensor({ name, dtype, shape }, 0, () => {
    throw new Error(`${name} was read`);
  });
}

/** The files of a fixture, changed. */
function changed(
  name: string,
  config: Readonly<Record<string, unknown>>,
  tensors: Readonly<Record<string, readonly number[] | undefined>> = {},
): {
  readonly model: ReturnType<ReturnType<typeof adapterFixture>["model"]>;
  readonly files: Files;
} {
  const fixture = adapterFixture(name);
  const files = fixture.files();
  const state = new Map(files.state);
  for (const [key, shape] of Object.entries(tensors)) {
    if (shape === undefined) state.delete(key);
    else state.set(key, unread(key, shape));
  }
  const isPeft = files.config !== undefined;
  const whole = { ...(files.config as object), ...config };
  return { model: fixture.model(), files: isPeft ? { state, config: whole } : { state } };
}

function expectRefused(
  { model, files }: ReturnType<typeof changed>,
  code: string,
  message: RegExp,
): void {
  expect(() => readAdapter(model, files)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
}

describe("an adapter that is read", () => {
  it("has the modules, layers and scales of its configuration, and no number is read", () => {
    const { model, files } = changed("gpt2-16/peft-lora", { bias: "none" });
    const state = new Map([...files.state].map(([name, { shape }]) => [name, unread(name, shape)]));
    const adapter = readAdapter(model, { ...files, state, name: "poems" });
    expect([adapter.name, adapter.types, adapter.format]).toEqual(["poems", ["lora"], "peft"]);
    const [attention, feedForward] = adapter.targets;
    // Rank 4 and alpha 5 by pattern, rank 3 and alpha 4 of all others, both over the root of the rank.
    expect(attention).toMatchObject({
      name: "transformer.h.0.attn.c_attn",
      layers: [
        { path: "h.0.attn.q_proj", begin: 0, end: 16 },
        { path: "h.0.attn.k_proj", begin: 16, end: 32 },
        { path: "h.0.attn.v_proj", begin: 32, end: 48 },
      ],
      change: { kind: "lora", scale: 5 / 2 },
    });
    expect(feedForward).toMatchObject({
      layers: [{ path: "h.0.mlp.fc2", begin: 0, end: 16 }],
      change: { kind: "lora", scale: 4 / Math.sqrt(3) },
    });
  });

  it("takes all that PEFT writes into a configuration where nothing is asked for", () => {
    const nothing = {
      ...{ alora_invocation_tokens: null, arrow_config: null, auto_mapping: null },
      ...{
        corda_config: null,
        ensure_weight_tying: false,
        eva_config: null,
        exclude_modules: null,
      },
      ...{ init_lora_weights: true, layer_replication: null, layers_pattern: null },
      ...{ layers_to_transform: null, loftq_config: {}, lora_bias: false, lora_dropout: 0.05 },
      ...{ lora_ga_config: null, megatron_config: null, megatron_core: "megatron.core" },
      ...{ modules_to_save: null, peft_version: "0.19.1", qalora_group_size: 16, revision: null },
      ...{ target_parameters: null, task_type: "CAUSAL_LM", trainable_token_indices: null },
      ...{ use_bdlora: null, use_qalora: false },
    };
    const { model, files } = changed("llama-8/peft-lora", nothing);
    expect(readAdapter(model, files).targets).toHaveLength(2);
  });

  it("takes names without what stands before the base model, patterns, layers and exclusions", () => {
    const lora = { peft_type: "LORA", r: 1, lora_alpha: 1 };
    const shapes = new Map([
      ["lora_A.weight", [1, 8]],
      ["lora_B.weight", [8, 1]],
    ]);
    const stateOf = (...paths: readonly string[]) =>
      new Map(
        paths.flatMap((path) =>
          [...shapes].map(([part, shape]) => {
            const name = `base_model.model.${path}.${part}`;
            return [name, unread(name, shape)] as const;
          }),
        ),
      );
    const { vocabulary, features, hidden, heads } = {
      vocabulary: 8,
      features: 8,
      hidden: 8,
      heads: 2,
    };
    const model = new Llama({ vocabulary, features, hidden, heads, layers: 3, positions: 8 });
    const names = (config: object, ...paths: readonly string[]): string[] =>
      readAdapter(model, { config: { ...lora, ...config }, state: stateOf(...paths) }).targets.map(
        ({ name }) => name,
      );
    const layer = (index: number, part: string): string => `model.layers.${index}.${part}`;
    const queries = [0, 1, 2].map((index) => layer(index, "self_attn.q_proj"));
    expect(names({ target_modules: ["q_proj"] }, ...queries)).toEqual(queries);
    expect(
      names(
        { target_modules: ["q_proj"], layers_to_transform: [0, 2] },
        ...[0, 2].map((at) => queries[at] as string),
      ),
    ).toEqual([queries[0], queries[2]]);
    expect(
      names({ target_modules: ["q_proj"], layers_to_transform: 1 }, queries[1] as string),
    ).toEqual([queries[1]]);
    expect(
      names(
        { target_modules: ["q_proj"], exclude_modules: ".*\\.[12]\\..*" },
        queries[0] as string,
      ),
    ).toEqual([queries[0]]);
    // As tools write it: what is looked ahead for, and alternatives.
    const pattern = "^(?!.*layers\\.2).*self_attn\\.(?:q_proj|o_proj)$";
    const four = [0, 1].flatMap((index) =>
      ["q_proj", "o_proj"].map((part) => layer(index, `self_attn.${part}`)),
    );
    expect(names({ target_modules: pattern }, ...four)).toEqual(four);
    const short = queries.map((name) => name.replace("model.", ""));
    expect(names({ target_modules: "layers\\.\\d\\.self_attn\\.q_proj" }, ...short)).toEqual(
      queries,
    );
    const all = [0, 1, 2].flatMap((index) =>
      ["q_proj", "k_proj", "v_proj", "o_proj"]
        .map((part) => layer(index, `self_attn.${part}`))
        .concat(["gate_proj", "up_proj", "down_proj"].map((part) => layer(index, `mlp.${part}`))),
    );
    expect(names({ target_modules: "all-linear" }, ...all)).toEqual(all);
  });

  it("searches for hostile patterns in linear time", () => {
    const pattern = `(.+)+${"(.*)".repeat(20)}!`;
    expectRefused(
      changed("llama-8/peft-lora", { target_modules: pattern }),
      "ADAPTER_INVALID",
      /target_modules/,
    );
  });
});

describe("an adapter that is not read", () => {
  it.each([
    ["ADAPTER_MISMATCH", { [`${Q.replace("q_proj", "x_proj")}.lora_A.weight`]: [2, 8] }, /x_proj/],
    ["ADAPTER_INVALID", { [`${Q}.lora_B.weight`]: undefined }, /no lora_B\.weight/],
    ["ADAPTER_INVALID", { [`${Q}.lora_A.weight`]: [2 ** 40, 8] }, /lora_B.*\[8, 1099511627776\]/],
    ["ADAPTER_INVALID", { [`${Q}.lora_A.weight`]: [3, 9] }, /\[any, 8\]/],
    ["ADAPTER_INVALID", { [`${Q}.lora_A.weight`]: [3, 8, 1] }, /\[any, 8\]/],
    [
      "ADAPTER_INVALID",
      { [`${Q}.lora_A.weight`]: [2, 8], [`${Q}.lora_B.weight`]: [8, 2] },
      /rank 2.*says 3/,
    ],
    [
      "ADAPTER_INVALID",
      { [`${Q}.lora_A.weight`]: undefined, [`${Q}.lora_B.weight`]: undefined },
      /q_proj/,
    ],
    ["ADAPTER_UNSUPPORTED", { [`${Q}.lora_embedding_A`]: [3, 8] }, /lora_embedding_A/],
    ["ADAPTER_UNSUPPORTED", { [`${Q}.lora_B.bias`]: [8] }, /lora_B\.bias/],
    ["ADAPTER_UNSUPPORTED", { [`${Q}.weight`]: [8, 8] }, /q_proj\.weight/],
    ["ADAPTER_UNSUPPORTED", { "layers.0.weight": [8, 8] }, /layers\.0\.weight/],
  ] as const)("has tensors for which it is refused with %s: %j", (code, tensors, message) => {
    expectRefused(changed("llama-8/peft-lora", {}, tensors), code, message);
  });

  it.each([
    ["CONFIG_UNSUPPORTED", { peft_type: "VERA" }, /VERA/],
    ["CONFIG_UNSUPPORTED", { init_lora_weights: "pissa" }, /pissa/],
    ["CONFIG_UNSUPPORTED", { lora_bias: true }, /lora_bias/],
    ["CONFIG_UNSUPPORTED", { layer_replication: [[0, 1]] }, /layer_replication/],
    ["CONFIG_UNSUPPORTED", { use_what_comes: true }, /use_what_comes/],
    ["CONFIG_UNSUPPORTED", { target_modules: "(?<=x)+(" }, /target_modules/],
    ["CONFIG_UNSUPPORTED", { target_modules: "a".repeat(5000) }, /too long/],
    ["CONFIG_INVALID", { peft_type: null }, /peft_type.*missing/],
    ["CONFIG_INVALID", { target_modules: null }, /target_modules/],
    ["CONFIG_INVALID", { target_modules: [1] }, /target_modules/],
    ["CONFIG_INVALID", { r: 0 }, /^r of/],
    ["CONFIG_INVALID", { r: 1.5 }, /^r of/],
    ["CONFIG_INVALID", { lora_alpha: "4" }, /^lora_alpha of/],
    ["CONFIG_INVALID", { rank_pattern: { q_proj: -1 } }, /^rank_pattern\.q_proj of/],
    ["ADAPTER_INVALID", { target_modules: ["q_proj"] }, /down_proj.*target_modules/],
    ["ADAPTER_INVALID", { target_modules: ["q_proj", "v_proj", "down_proj"] }, /v_proj/],
    ["ADAPTER_INVALID", { use_dora: true }, /lora_magnitude_vector/],
  ] as const)(
    "has a configuration for which it is refused with %s: %j",
    (code, config, message) => {
      expectRefused(changed("llama-8/peft-lora", config), code, message);
    },
  );

  it.each([
    ["llama-8/peft-oft", { coft: true }, {}, "CONFIG_UNSUPPORTED", /coft/],
    ["llama-8/peft-oft", { use_cayley_neumann: null }, {}, "CONFIG_INVALID", /use_cayley_neumann/],
    ["llama-8/peft-oft", { oft_block_size: 8 }, {}, "ADAPTER_INVALID", /oft_R/],
    ["llama-8/peft-oft", {}, { [`${Q}.oft_R.weight`]: [2, 7] }, "ADAPTER_INVALID", /oft_R/],
    // 8 features are not whole blocks of 3.
    [
      "llama-8/peft-oft",
      { block_share: true, oft_block_size: 3 },
      { [`${Q}.oft_R.weight`]: [1, 3] },
      "ADAPTER_INVALID",
      /oft_R/,
    ],
    ["llama-8/peft-boft", { boft_n_butterfly_factor: 3 }, {}, "ADAPTER_INVALID", /boft_R/],
    ["llama-8/peft-boft", { boft_n_butterfly_factor: 0 }, {}, "CONFIG_INVALID", /boft_n_butterfly/],
    [
      "llama-8/peft-boft",
      { boft_n_butterfly_factor: null },
      { [`${Q}.boft_R`]: [2 ** 30, 2, 4, 4] },
      "ADAPTER_INVALID",
      /boft_R/,
    ],
    ["llama-8/peft-boft", {}, { [`${Q}.boft_s`]: [8] }, "ADAPTER_INVALID", /boft_s/],
    ["llama-8/peft-loha", {}, { [`${Q}.hada_t1`]: [2, 2, 1, 1] }, "ADAPTER_UNSUPPORTED", /hada_t1/],
    ["llama-8/peft-loha", {}, { [`${Q}.hada_w2_b`]: [3, 8] }, "ADAPTER_INVALID", /hada_w2_b/],
    ["llama-8/peft-lokr", {}, { [`${Q}.lokr_w1`]: [4, 4] }, "ADAPTER_INVALID", /\[16, 8\]/],
    ["llama-8/peft-lokr", {}, { [`${Q}.lokr_t2`]: [2, 2, 1, 1] }, "ADAPTER_UNSUPPORTED", /lokr_t2/],
    [
      "vit-8/peft-lora",
      {},
      { "base_model.model.classifier.weight": [4, 8] },
      "ADAPTER_MISMATCH",
      /\[4, 8\].*\[3, 8\]/,
    ],
    ["vit-8/peft-lora", { modules_to_save: null }, {}, "ADAPTER_UNSUPPORTED", /classifier/],
  ] as const)("of %s, changed by %j and %j, is refused", (name, config, tensors, code, message) => {
    expectRefused(changed(name, config, tensors), code, message);
  });

  it.each([
    ["lycoris-lora", "lora_mid.weight", [2, 2, 1, 1], "ADAPTER_UNSUPPORTED", /lora_mid/],
    ["lycoris-lora", "diff", [8, 8], "ADAPTER_UNSUPPORTED", /diff/],
    ["lycoris-lora", "alpha", [1], "ADAPTER_INVALID", /alpha/],
    ["lycoris-lokr", "dora_scale", [4, 4], "ADAPTER_INVALID", /dora_scale/],
    ["lycoris-oft", "oft_blocks", [2, 4, 3], "ADAPTER_INVALID", /oft_blocks/],
    ["lycoris-boft", "oft_blocks", [3, 2, 4, 4], "ADAPTER_INVALID", /oft_blocks/],
    ["lycoris-boft", "oft_blocks", [8, 4], "ADAPTER_INVALID", /oft_blocks/],
  ] as const)("of %s is refused for its %s of %j", (kind, part, shape, code, message) => {
    const key = `lycoris_model_layers_0_self_attn_q_proj.${part}`;
    expectRefused(changed(`llama-8/${kind}`, {}, { [key]: shape }), code, message);
  });

  it("is of no layer of the model, or has an alpha that is no number", () => {
    expectRefused(
      changed("llama-8/lycoris-lora", {}, { "lycoris_model_layers_0_x.alpha": [] }),
      "ADAPTER_MISMATCH",
      /layers_0_x/,
    );
    const { model, files } = changed("llama-8/lycoris-lora", {});
    const name = "lycoris_model_layers_0_self_attn_q_proj.alpha";
    const alpha = StoredTensor.of({
      name,
      dtype: "F32",
      shape: [],
      values: Float32Array.of(Number.NaN),
    });
    const state = new Map(files.state).set(name, alpha);
    expect(() => readAdapter(model, { state })).toThrow(
      expect.objectContaining({ code: "ADAPTER_INVALID" }),
    );
  });

  it("changes nothing", () => {
    const { model } = changed("llama-8/lycoris-lora", {});
    const refused = expect.objectContaining({ code: "ADAPTER_INVALID" });
    expect(() => readAdapter(model, { state: new Map() })).toThrow(refused);
  });

  it("is merged into a model without its layers", () => {
    const { model, files } = changed("llama-8/peft-lora", {});
    const adapter = readAdapter(model, files);
    const other = adapterFixture("llama-16/peft-lora").model();
    const before = other.namedParameters().get("model.layers.0.self_attn.q_proj.weight")?.values;
    expect(() => mergeAdapter(other, adapter)).toThrow(
      expect.objectContaining({ code: "ADAPTER_MISMATCH" }),
    );
    expect(other.namedParameters().get("model.layers.0.self_attn.q_proj.weight")?.values).toBe(
      before,
    );
  });
});
