import { PapilioError } from "@papilio/butterfly";
import { anyNumber, type Check, objectOf, optional, text } from "../arguments/checks.ts";
import { Graph } from "../graph/graph.ts";
import type { Indices, Value } from "../graph/value.ts";
import type { AttentionContext, KeyValueCache } from "../layers/multihead-attention.ts";
import { gatherVectors } from "../operations/gather-vectors/operation.ts";
import { Model } from "./model.ts";

/** Whole sequences, each token of which gets its logits. */
export interface SequenceShape {
  /** 1 by default. */
  readonly sequences?: number;
  /** Of each sequence. */
  readonly tokens: number;
}

/** Refuses what is not a {@link SequenceShape}. */
export const sequenceCheck: Check = objectOf({
  sequences: optional(anyNumber),
  tokens: anyNumber,
});

/** Some tokens of one sequence, whose earlier ones are in a cache. */
export interface StepShape {
  /** How many tokens a step takes. */
  readonly tokens: number;
  /** How many tokens the cache holds. */
  readonly context: number;
  /** Begins the names of the states, so that graphs of several sequences keep theirs apart; nothing unless given. */
  readonly cache?: string;
}

const stepCheck = objectOf({ tokens: anyNumber, context: anyNumber, cache: optional(text) });

/** What layers of a decoder need to know of a run. */
export interface DecoderContext {
  readonly period: number;
  readonly position?: Indices | undefined;
  /** Where a layer keeps its keys and values. */
  cacheOf(layer: number): KeyValueCache | undefined;
}

/** A language model that predicts the next token of each token. */
export abstract class Decoder extends Model<SequenceShape> {
  /** Tokens that there are. */
  abstract readonly vocabulary: number;
  /** Longest sequence. */
  abstract readonly positions: number;

  /** Vectors of tokens, normalized, before the head. */
  protected abstract embed(ids: Indices, context: DecoderContext): Value;

  /** Logits, `vocabulary` for each vector. */
  protected abstract head(x: Value): Value;

  /** Input `ids` (`sequences * tokens`), output `logits` of every token. Throws `CONTEXT_LENGTH`. */
  trace(shape: SequenceShape): Graph {
    sequenceCheck("the shape of sequences", shape);
    const { sequences = 1, tokens } = shape;
    this.#requirePositions(tokens);
    const graph = new Graph();
    const ids = graph.indices("ids", sequences * tokens);
    const x = this.embed(ids, { period: tokens, cacheOf: () => undefined });
    graph.output("logits", this.head(x));
    return graph;
  }

  /**
   * Inputs `ids` (`tokens`), `position` of the first of them, and `last`, which of them to predict the
   * next one for; output `logits` for that. Keys and values are kept in states of the graph.
   *
   * @throws PapilioError `CONTEXT_LENGTH`
   */
  traceStep(shape: StepShape): Graph {
    stepCheck("the shape of a step", shape);
    const { tokens, context, cache = "" } = shape;
    this.#requirePositions(context);
    if (tokens > context) throw contextError(tokens, context);
    const graph = new Graph();
    const ids = graph.indices("ids", tokens);
    const position = graph.indices("position", 1);
    const last = graph.indices("last", 1);
    const x = this.embed(ids, {
      period: tokens,
      position,
      cacheOf: (layer) => ({ name: `${cache}layers.${layer}`, capacity: context, position }),
    });
    graph.output("logits", this.head(tokens === 1 ? x : gatherVectors(x, last)));
    if (tokens === 1) last.requireBelow(1);
    return graph;
  }

  #requirePositions(tokens: number): void {
    if (tokens <= this.positions) return;
    throw contextError(tokens, this.positions);
  }
}

/** What attention of a layer needs to know of a run. */
export function attentionContext(context: DecoderContext, layer: number): AttentionContext {
  return { period: context.period, cache: context.cacheOf(layer) };
}

/** An error for more tokens than there are places for. */
export function contextError(tokens: number, places: number): PapilioError {
  return new PapilioError(
    "CONTEXT_LENGTH",
    `${tokens} tokens do not fit a context of ${places}.`,
    "Use fewer tokens, or a model with more positions.",
  );
}
