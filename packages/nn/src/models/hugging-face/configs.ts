import { PapilioError } from "@papilio/butterfly";
import { linearByName } from "../../layers/linear-by-name.ts";
import { MOST_LAYERS } from "../../weights/most-layers.ts";
import type { StateDict } from "../../weights/stored-tensor.ts";
import type { Gpt2Config } from "../gpt2.ts";
import type { LlamaConfig } from "../llama.ts";
import type { LinearChoices } from "../model.ts";
import type { SentenceEncoderConfig } from "../sentence-encoder.ts";
import type { VisionTransformerConfig } from "../vision-transformer.ts";
import type { ConfigFields } from "./config-fields.ts";

// Defaults are those of the classes in transformers, whose files leave out what is as by default.

/** @throws PapilioError `CONFIG_INVALID`, `CONFIG_UNSUPPORTED` */
export function llamaConfig(fields: ConfigFields): LlamaConfig {
  requireUnquantized(fields);
  const features = fields.size("hidden_size");
  const heads = fields.size("num_attention_heads");
  const keyValueHeads = fields.size("num_key_value_heads", heads);
  requireDivides("num_attention_heads", heads, "hidden_size", features, 2);
  requireDivides("num_key_value_heads", keyValueHeads, "num_attention_heads", heads);
  fields.only("head_dim", [undefined, features / heads]);
  fields.only("hidden_act", ["silu", "swish"]);
  fields.only("attention_bias", [false]);
  fields.only("mlp_bias", [false]);
  fields.only("partial_rotary_factor", [undefined, 1]);
  return {
    vocabulary: fields.size("vocab_size"),
    features,
    hidden: fields.size("intermediate_size"),
    layers: layersOf(fields, "num_hidden_layers"),
    heads,
    keyValueHeads,
    positions: fields.size("max_position_embeddings", 2048),
    epsilon: fields.positive("rms_norm_eps", 1e-6),
    theta: thetaOf(fields),
    rotary: "halves",
    tiedHead: fields.flag("tie_word_embeddings", false),
    ...linearOf(fields),
  };
}

/** Rotary angles as they are trained; what stretches them for longer sequences is refused. */
function thetaOf(fields: ConfigFields): number {
  const theta = fields.positive("rope_theta", 10_000);
  // Where version 5 of transformers has what was rope_theta and rope_scaling before.
  const parameters = fields.within("rope_parameters");
  for (const scaling of [parameters, fields.within("rope_scaling")]) {
    scaling?.only("rope_type", ["default"]);
    scaling?.only("type", [undefined, "default"]);
    scaling?.only("factor", [undefined, 1]);
    scaling?.only("partial_rotary_factor", [undefined, 1]);
  }
  return parameters?.positive("rope_theta", theta) ?? theta;
}

/** @throws PapilioError `CONFIG_INVALID`, `CONFIG_UNSUPPORTED` */
export function gpt2Config(fields: ConfigFields): Gpt2Config {
  requireUnquantized(fields);
  const features = fields.size("n_embd", 768);
  const heads = fields.size("n_head", 12);
  requireDivides("n_head", heads, "n_embd", features);
  fields.only("n_inner", [undefined, 4 * features]);
  fields.only("activation_function", ["gelu_new", "gelu_pytorch_tanh"]);
  fields.only("scale_attn_weights", [true]);
  fields.only("scale_attn_by_inverse_layer_idx", [false]);
  fields.only("add_cross_attention", [false]);
  fields.only("tie_word_embeddings", [true]);
  return {
    vocabulary: fields.size("vocab_size", 50257),
    features,
    layers: layersOf(fields, "n_layer", 12),
    heads,
    positions: fields.size("n_positions", 1024),
    epsilon: fields.positive("layer_norm_epsilon", 1e-5),
    ...linearOf(fields),
  };
}

/**
 * The number of classes is the head's: config.json tells it by labels alone, and not always.
 *
 * @throws PapilioError `CONFIG_INVALID`, `CONFIG_UNSUPPORTED`
 */
export function visionConfig(fields: ConfigFields, state: StateDict): VisionTransformerConfig {
  requireUnquantized(fields);
  const features = fields.size("hidden_size", 768);
  const heads = fields.size("num_attention_heads", 12);
  const imageSize = fields.sizes("image_size", 224);
  const patchSize = fields.sizes("patch_size", 16);
  requireDivides("num_attention_heads", heads, "hidden_size", features);
  for (const axis of [0, 1] as const) {
    requireDivides("patch_size", patchSize[axis], "image_size", imageSize[axis]);
  }
  fields.only("hidden_act", ["gelu"]);
  fields.only("qkv_bias", [true]);
  // The head has our name in what a trainer wrote.
  const classes = (state.get("classifier.weight") ?? state.get("head.weight"))?.shape[0];
  return {
    imageSize,
    patchSize,
    channels: fields.size("num_channels", 3),
    features,
    heads,
    layers: layersOf(fields, "num_hidden_layers", 12),
    hidden: fields.size("intermediate_size", 3072),
    epsilon: fields.positive("layer_norm_eps", 1e-12),
    ...(classes === undefined ? {} : { classes }),
    ...linearOf(fields),
  };
}

/** @throws PapilioError `CONFIG_INVALID`, `CONFIG_UNSUPPORTED` */
export function sentenceConfig(fields: ConfigFields): SentenceEncoderConfig {
  requireUnquantized(fields);
  const features = fields.size("hidden_size", 768);
  const heads = fields.size("num_attention_heads", 12);
  requireDivides("num_attention_heads", heads, "hidden_size", features);
  fields.only("hidden_act", ["gelu"]);
  fields.only("type_vocab_size", [2]);
  fields.only("position_embedding_type", ["absolute"]);
  fields.only("is_decoder", [false]);
  fields.only("add_cross_attention", [false]);
  return {
    vocabulary: fields.size("vocab_size", 30522),
    features,
    heads,
    layers: layersOf(fields, "num_hidden_layers", 12),
    hidden: fields.size("intermediate_size", 3072),
    positions: fields.size("max_position_embeddings", 512),
    epsilon: fields.positive("layer_norm_eps", 1e-12),
  };
}

/** What projections and feed-forward layers are, where a config.json of ours says it; dense ones in all others. */
function linearOf(fields: ConfigFields): { readonly linear?: LinearChoices } {
  const name = fields.within("papilio")?.text("linear");
  if (name === undefined) return {};
  const linear = linearByName(name);
  return { linear: { projection: linear, ffn: linear } };
}

function layersOf(fields: ConfigFields, name: string, otherwise?: number): number {
  return fields.size(name, otherwise, MOST_LAYERS);
}

/** Weights that are stored as integers with scales would be read as something else. */
function requireUnquantized(fields: ConfigFields): void {
  fields.only("quantization_config", [undefined]);
}

function requireDivides(
  part: string,
  size: number,
  whole: string,
  of: number,
  multiple: number = 1,
): void {
  if (of % (multiple * size) === 0) return;
  throw new PapilioError(
    "CONFIG_INVALID",
    `${whole} of the model's config.json is ${of}, which is no${multiple === 1 ? "" : " even"} multiple of its ${part}, ${size}.`,
    "Pass the config.json that came with the weights, as it is.",
  );
}
