import { PapilioError } from "@papilio/butterfly";
import { anyNumber, type Check, objectOf, optional } from "../arguments/checks.ts";
import { Graph } from "../graph/graph.ts";
import { shapeError } from "../graph/operands.ts";
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
}

const stepCheck = objectOf({ tokens: anyNumber, context: anyNumber });

/** The next token of each of several sequences, or some of one, whose earlier ones are in pages of a pool. */
export interface BatchStepShape extends StepShape {
  /** More than one for steps of one token alone. */
  readonly sequences: number;
  /** Tokens of a page, a multiple of 16. */
  readonly pageSize: number;
  /** Pages of the pool. */
  readonly pages: number;
}

const batchStepCheck = objectOf({
  ...{ tokens: anyNumber, context: anyNumber },
  ...{ sequences: anyNumber, pageSize: anyNumber, pages: anyNumber },
});

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
    const { tokens, context } = shape;
    this.#requirePositions(context);
    if (tokens > context) throw contextError(tokens, context);
    const graph = new Graph();
    const ids = graph.indices("ids", tokens);
    const position = graph.indices("position", 1);
    const last = graph.indices("last", 1);
    const x = this.embed(ids, {
      period: tokens,
      position,
      cacheOf: (layer) => ({ name: `layers.${layer}`, capacity: context, position }),
    });
    graph.output("logits", this.head(tokens === 1 ? x : gatherVectors(x, last)));
    if (tokens === 1) last.requireBelow(1);
    return graph;
  }

  /**
   * Like {@link traceStep}, for sequences that share a pool of keys and values. Inputs `ids` (`sequences * tokens`),
   * `positions` of the first token of each sequence, `places` of each token in the pool (its page times the size of
   * pages, and its place there; the number of places of the pool for one that is not to be kept), and `pages`, those of
   * each sequence in order, as many as a whole context has. For one token of each sequence `lengths` says how many
   * tokens it has, that one too; output `logits` for each. For more tokens of one sequence `last` says for which of
   * them logits are wanted.
   *
   * @throws PapilioError `CONTEXT_LENGTH`, `GRAPH_SHAPE`
   */
  traceBatchStep(shape: BatchStepShape): Graph {
    batchStepCheck("the shape of a step of several sequences", shape);
    const { sequences, tokens, context, pageSize, pages } = shape;
    this.#requirePositions(context);
    if (tokens > context) throw contextError(tokens, context);
    if (sequences > 1 && tokens > 1) {
      throw shapeError(
        `A step of ${tokens} tokens of each of ${sequences} sequences cannot be`,
        "Trace steps of one token of several sequences, or of several tokens of one.",
      );
    }
    const graph = new Graph();
    const ids = graph.indices("ids", sequences * tokens);
    const position = graph.indices("positions", sequences);
    const pool = {
      ...{ count: pages, size: pageSize },
      places: graph.indices("places", sequences * tokens),
      table: graph.indices("pages", sequences * Math.ceil(context / pageSize)),
      lengths: tokens === 1 ? graph.indices("lengths", sequences) : undefined,
    };
    const x = this.embed(ids, {
      ...{ period: tokens, position },
      cacheOf: (layer) => ({ name: `layers.${layer}`, capacity: context, position, pool }),
    });
    const last = tokens === 1 ? undefined : graph.indices("last", 1);
    graph.output("logits", this.head(last === undefined ? x : gatherVectors(x, last)));
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
