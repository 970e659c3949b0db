import {
  FeedForward,
  Graph,
  LayerNorm,
  type LinearChoices,
  Model,
  MultiheadAttention,
  TransformerBlock,
} from "@papilio/nn";

/** Tokens of one sequence. */
export interface TokensShape {
  readonly tokens: number;
}

export interface Gpt2BlockConfig {
  readonly features: number;
  readonly heads: number;
  readonly linear: LinearChoices;
  readonly seed: number;
}

/** One block of GPT-2 by itself: input `x`, output `y`, vectors of `features`. */
export class Gpt2Block extends Model<TokensShape> {
  readonly #block: TransformerBlock;
  readonly #features: number;

  constructor({ features, heads, linear: { projection, ffn }, seed }: Gpt2BlockConfig) {
    super();
    this.#features = features;
    let next = seed;
    const seeds = (): number => next++;
    const attention = new MultiheadAttention({
      features,
      heads,
      causal: true,
      seeds,
      ...(projection && { linear: projection }),
    });
    const feedForward = new FeedForward({
      features,
      hidden: 4 * features,
      activation: { kind: "gelu", approximate: "tanh" },
      seeds,
      ...(ffn && { linear: ffn }),
    });
    const block = new TransformerBlock({
      order: "pre-norm",
      norm1: ["ln_1", new LayerNorm({ features })],
      attention: ["attn", attention],
      norm2: ["ln_2", new LayerNorm({ features })],
      feedForward: ["mlp", feedForward],
    });
    this.#block = this.child("h.0", block);
  }

  trace({ tokens }: TokensShape): Graph {
    const graph = new Graph();
    const x = graph.input("x", { vectors: tokens, features: this.#features });
    graph.output("y", this.#block.forward(x, { period: tokens }));
    return graph;
  }
}
