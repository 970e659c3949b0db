import { anyNumber, count, flag, number, objectOf, oneOf, optional } from "../arguments/checks.ts";
import type { Indices, Value } from "../graph/value.ts";
import { Embedding } from "../layers/embedding.ts";
import { GatedFeedForward } from "../layers/feed-forward.ts";
import { Linear } from "../layers/linear.ts";
import { MultiheadAttention } from "../layers/multihead-attention.ts";
import { RMSNorm } from "../layers/normalization.ts";
import { RotaryEmbedding } from "../layers/rotary-embedding.ts";
import { seedsFrom } from "../modules/random.ts";
import { linear } from "../operations/linear/operation.ts";
import type { RotaryStyle } from "../operations/rotary/operation.ts";
import { attentionContext, Decoder, type DecoderContext } from "./decoder.ts";
import { type LinearChoices, linearChoicesCheck } from "./model.ts";
import { TransformerBlock } from "./transformer-block.ts";

export interface LlamaConfig {
  readonly vocabulary: number;
  readonly features: number;
  /** Features between the feed-forward layers. */
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  /** As many as `heads` by default. */
  readonly keyValueHeads?: number;
  /** Longest sequence. */
  readonly positions: number;
  /** Of the normalizations; 1e-5 by default. */
  readonly epsilon?: number;
  /** Of the rotary embedding; 10,000 by default. */
  readonly theta?: number;
  /** `halves`, as in checkpoints for Hugging Face, by default; `interleaved` in Meta's and llama2.c's. */
  readonly rotary?: RotaryStyle;
  /** Whether the head is the embedding; false by default. */
  readonly tiedHead?: boolean;
  readonly linear?: LinearChoices;
  readonly seed?: number;
}

const configCheck = objectOf({
  vocabulary: anyNumber,
  features: anyNumber,
  hidden: anyNumber,
  layers: count,
  heads: anyNumber,
  keyValueHeads: optional(anyNumber),
  positions: anyNumber,
  epsilon: optional(number),
  theta: optional(number),
  rotary: optional(oneOf("interleaved", "halves")),
  tiedHead: optional(flag),
  linear: linearChoicesCheck,
  seed: optional(number),
});

/**
 * A decoder of the Llama family: RMS normalization, rotary positions, grouped queries, gated feed-forward
 * (arXiv 2302.13971). Parameters are named as in checkpoints for Hugging Face.
 */
export class Llama extends Decoder {
  readonly config: LlamaConfig;
  readonly vocabulary: number;
  readonly positions: number;
  readonly #embedding: Embedding;
  readonly #blocks: readonly TransformerBlock[];
  readonly #norm: RMSNorm;
  readonly #head: Linear | undefined;

  constructor(config: LlamaConfig) {
    super();
    configCheck("a Llama", config);
    const { vocabulary, features, positions, heads, theta, rotary: style = "halves" } = config;
    const { epsilon = 1e-5, linear: choices = {}, tiedHead = false } = config;
    const seeds = seedsFrom(config.seed ?? 0);
    this.config = config;
    this.vocabulary = vocabulary;
    this.positions = positions;
    const rotary = new RotaryEmbedding({
      headFeatures: features / heads,
      positions,
      style,
      ...(theta === undefined ? {} : { theta }),
    });
    this.#embedding = this.child(
      "model.embed_tokens",
      new Embedding({ embeddings: vocabulary, features, seed: seeds() }),
    );
    const { projection, ffn } = choices;
    const block = (): TransformerBlock =>
      new TransformerBlock({
        order: "pre-norm",
        norm1: ["input_layernorm", new RMSNorm({ features, epsilon })],
        attention: [
          "self_attn",
          new MultiheadAttention({
            features,
            heads,
            keyValueHeads: config.keyValueHeads ?? heads,
            bias: false,
            causal: true,
            rotary,
            seeds,
            ...(projection && { linear: projection }),
          }),
        ],
        norm2: ["post_attention_layernorm", new RMSNorm({ features, epsilon })],
        feedForward: [
          "mlp",
          new GatedFeedForward({
            features,
            hidden: config.hidden,
            activation: { kind: "silu" },
            seeds,
            ...(ffn && { linear: ffn }),
          }),
        ],
      });
    this.#blocks = this.childList("model.layers", Array.from({ length: config.layers }, block));
    this.#norm = this.child("model.norm", new RMSNorm({ features, epsilon }));
    const shape = { inFeatures: features, outFeatures: vocabulary, bias: false, seed: seeds() };
    this.#head = tiedHead ? undefined : this.child("lm_head", new Linear(shape));
  }

  protected embed(ids: Indices, context: DecoderContext): Value {
    let x = this.#embedding.forward(ids);
    this.#blocks.forEach((block, layer) => {
      x = block.forward(x, attentionContext(context, layer));
    });
    return x;
  }

  protected head(x: Value): Value {
    const normalized = this.#norm.forward(x);
    if (this.#head !== undefined) return this.#head.forward(normalized);
    return linear(normalized, this.#embedding.weight, { path: "lm_head" });
  }
}
