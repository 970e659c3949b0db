import { anyNumber, count, number, objectOf, optional } from "../arguments/checks.ts";
import type { Indices, Value } from "../graph/value.ts";
import { Embedding } from "../layers/embedding.ts";
import { LayerNorm } from "../layers/normalization.ts";
import { seedsFrom } from "../modules/random.ts";
import { addPositions } from "../operations/add-positions/operation.ts";
import { linear } from "../operations/linear/operation.ts";
import { attentionContext, Decoder, type DecoderContext } from "./decoder.ts";
import { type LinearChoices, linearChoicesCheck } from "./model.ts";
import { layerNormBlock, type TransformerBlock } from "./transformer-block.ts";

export interface Gpt2Config {
  /** 50,257 by default. */
  readonly vocabulary?: number;
  /** 768 by default. */
  readonly features?: number;
  /** 12 by default. */
  readonly layers?: number;
  /** 12 by default. */
  readonly heads?: number;
  /** 1,024 by default. */
  readonly positions?: number;
  /** Of the normalizations; 1e-5 by default. */
  readonly epsilon?: number;
  readonly linear?: LinearChoices;
  readonly seed?: number;
}

const configCheck = objectOf({
  vocabulary: optional(anyNumber),
  features: optional(anyNumber),
  layers: optional(count),
  heads: optional(anyNumber),
  positions: optional(anyNumber),
  epsilon: optional(number),
  linear: linearChoicesCheck,
  seed: optional(number),
});

/** GPT-2: learned positions, pre-normalization, GELU by its approximation with tanh, a tied head. */
export class Gpt2 extends Decoder {
  readonly vocabulary: number;
  readonly positions: number;
  readonly #tokens: Embedding;
  readonly #places: Embedding;
  readonly #blocks: readonly TransformerBlock[];
  readonly #norm: LayerNorm;

  constructor(config: Gpt2Config = {}) {
    super();
    configCheck("GPT-2", config);
    const { vocabulary = 50257, features = 768, layers = 12, heads = 12 } = config;
    const { positions = 1024, epsilon = 1e-5, linear } = config;
    const seeds = seedsFrom(config.seed ?? 0);
    this.vocabulary = vocabulary;
    this.positions = positions;
    this.#tokens = this.child(
      "wte",
      new Embedding({ embeddings: vocabulary, features, seed: seeds() }),
    );
    this.#places = this.child(
      "wpe",
      new Embedding({ embeddings: positions, features, seed: seeds() }),
    );
    const block = (): TransformerBlock =>
      layerNormBlock({
        order: "pre-norm",
        features,
        heads,
        hidden: 4 * features,
        activation: { kind: "gelu", approximate: "tanh" },
        epsilon,
        causal: true,
        linear,
        seeds,
        norms: ["ln_1", "ln_2"],
      });
    this.#blocks = this.childList("h", Array.from({ length: layers }, block));
    this.#norm = this.child("ln_f", new LayerNorm({ features, epsilon }));
  }

  protected embed(ids: Indices, context: DecoderContext): Value {
    const { period, position } = context;
    const tokens = this.#tokens.forward(ids);
    let x = addPositions(tokens, this.#places.weight, { path: "wpe", period, position });
    this.#blocks.forEach((block, layer) => {
      x = block.forward(x, attentionContext(context, layer));
    });
    return x;
  }

  protected head(x: Value): Value {
    return linear(this.#norm.forward(x), this.#tokens.weight, { path: "lm_head" });
  }
}
