import { anyNumber, number, objectOf, optional } from "../arguments/checks.ts";
import type { Indices, Value } from "../graph/value.ts";
import { Module } from "../modules/module.ts";
import { Parameter } from "../modules/parameter.ts";
import { normal } from "../modules/random.ts";
import { gatherVectors } from "../operations/gather-vectors/operation.ts";

export interface EmbeddingOptions {
  readonly embeddings: number;
  readonly features: number;
  readonly seed?: number;
}

/** A vector for each of `embeddings` tokens: `weight` is `[embeddings, features]`, normal at first. */
export class Embedding extends Module {
  readonly weight: Parameter;

  constructor(options: EmbeddingOptions) {
    super();
    objectOf({ embeddings: anyNumber, features: anyNumber, seed: optional(number) })(
      "an embedding",
      options,
    );
    const { embeddings, features, seed = 0 } = options;
    this.weight = this.parameter("weight", new Parameter([embeddings, features], normal(1, seed)));
  }

  /** The vectors of `ids`, each below `embeddings`. */
  forward(ids: Indices): Value {
    return gatherVectors(this.weight, ids, this.path);
  }
}
