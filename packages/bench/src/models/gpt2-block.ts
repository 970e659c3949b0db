import { type LinearChoices, Model } from "@papilio/nn";
import { Graph } from "@papilio/nn/graph";
import { layerNormBlock, type TransformerBlock } from "@papilio/nn/models";

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

  constructor({ features, heads, linear, seed }: Gpt2BlockConfig) {
    super();
    this.#features = features;
    let next = seed;
    const block = layerNormBlock({
      order: "pre-norm",
      features,
      heads,
      hidden: 4 * features,
      activation: { kind: "gelu", approximate: "tanh" },
      causal: true,
      linear,
      seeds: () => next++,
      norms: ["ln_1", "ln_2"],
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
