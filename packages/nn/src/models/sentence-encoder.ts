import { anyNumber, count, listOf, number, objectOf, optional } from "../arguments/checks.ts";
import { Graph } from "../graph/graph.ts";
import { Embedding } from "../layers/embedding.ts";
import { LayerNorm } from "../layers/normalization.ts";
import { seedsFrom } from "../modules/random.ts";
import { addPositions } from "../operations/add-positions/operation.ts";
import { add } from "../operations/combine/operation.ts";
import { gatherVectors } from "../operations/gather-vectors/operation.ts";
import { contextError, type SequenceShape, sequenceCheck } from "./decoder.ts";
import { type LinearChoices, linearChoicesCheck, Model } from "./model.ts";
import {
  type Pooling,
  pooled,
  poolingCheck,
  SentenceHead,
  type SentenceStep,
  stepCheck,
} from "./sentence-steps.ts";
import { layerNormBlock, type TransformerBlock } from "./transformer-block.ts";

export interface SentenceEncoderConfig {
  /** 30,522 by default. */
  readonly vocabulary?: number;
  /** 384 by default, as the following: those of MiniLM. */
  readonly features?: number;
  readonly layers?: number;
  readonly heads?: number;
  readonly hidden?: number;
  readonly positions?: number;
  /** Of the normalizations; 1e-12 by default, as in BERT. */
  readonly epsilon?: number;
  /** How tokens become a sentence, in the order of their parts of the vector; the mean by default. */
  readonly pooling?: readonly Pooling[];
  /** What comes after pooling: normalization by default. */
  readonly steps?: readonly SentenceStep[];
  /** Tokens that it was trained for, where they are fewer than the positions. */
  readonly maxTokens?: number | undefined;
  readonly linear?: LinearChoices;
  readonly seed?: number;
}

const configCheck = objectOf({
  vocabulary: optional(anyNumber),
  features: optional(anyNumber),
  layers: optional(count),
  heads: optional(anyNumber),
  hidden: optional(anyNumber),
  positions: optional(anyNumber),
  epsilon: optional(number),
  pooling: optional(listOf(poolingCheck)),
  steps: optional(listOf(stepCheck)),
  maxTokens: optional(number),
  linear: linearChoicesCheck,
  seed: optional(number),
});

/**
 * Sentences as vectors: an encoder as BERT (arXiv 1810.04805), pooled over its tokens, and what comes after
 * (arXiv 1908.10084); the mean, normalized, by default. `bertStateDict` brings checkpoints for Hugging Face to its names.
 */
export class SentenceEncoder extends Model<SequenceShape> {
  readonly #words: Embedding;
  readonly #positions: Embedding;
  readonly #types: Embedding;
  readonly #norm: LayerNorm;
  readonly #blocks: readonly TransformerBlock[];
  readonly #pooling: readonly Pooling[];
  readonly #head: SentenceHead;
  /** Tokens of a sequence at most. */
  readonly maxTokens: number;

  constructor(config: SentenceEncoderConfig = {}) {
    super();
    configCheck("an encoder of sentences", config);
    const { vocabulary = 30522, features = 384, layers = 6, heads = 12, hidden = 1536 } = config;
    const { positions = 512, epsilon = 1e-12, linear } = config;
    const seeds = seedsFrom(config.seed ?? 0);
    const embedding = (name: string, embeddings: number): Embedding =>
      this.child(`embeddings.${name}`, new Embedding({ embeddings, features, seed: seeds() }));
    this.#words = embedding("word_embeddings", vocabulary);
    this.#positions = embedding("position_embeddings", positions);
    this.#types = embedding("token_type_embeddings", 2);
    this.#norm = this.child("embeddings.norm", new LayerNorm({ features, epsilon }));
    const block = (): TransformerBlock =>
      layerNormBlock({
        order: "post-norm",
        features,
        heads,
        hidden,
        activation: { kind: "gelu", approximate: "none" },
        epsilon,
        linear,
        seeds,
      });
    this.#blocks = this.childList("encoder.layer", Array.from({ length: layers }, block));
    const { pooling = ["mean"], steps = [{ kind: "normalize" }], maxTokens = positions } = config;
    this.#pooling = pooling;
    this.#head = this.child("dense", new SentenceHead(pooling.length * features, steps, seeds));
    this.maxTokens = Math.min(positions, maxTokens);
  }

  /**
   * Inputs `ids` (`sequences * tokens`) and `lengths` (of each sequence: what is after them is padding);
   * output `embeddings` (`sequences` of `features`).
   *
   * @throws PapilioError `CONTEXT_LENGTH`
   */
  trace(shape: SequenceShape): Graph {
    sequenceCheck("the shape of sequences", shape);
    const { sequences = 1, tokens } = shape;
    if (tokens > this.maxTokens) throw contextError(tokens, this.maxTokens);
    const graph = new Graph();
    const ids = graph.indices("ids", sequences * tokens);
    const lengths = graph.indices("lengths", sequences);
    const words = addPositions(this.#words.forward(ids), this.#positions.weight, {
      path: this.#positions.path,
      period: tokens,
    });
    // All tokens are of the first type: those of a single sentence.
    const firstType = graph.fixed("token types", new Uint32Array(ids.length));
    const types = gatherVectors(this.#types.weight, firstType, this.#types.path);
    let x = this.#norm.forward(add(words, types, this.#types.path));
    for (const block of this.#blocks) x = block.forward(x, { period: tokens, lengths });
    const sentences = pooled(x, this.#pooling, { period: tokens, lengths });
    graph.output("embeddings", this.#head.forward(sentences));
    return graph;
  }
}
