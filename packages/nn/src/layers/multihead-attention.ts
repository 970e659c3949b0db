import {
  anyNumber,
  type Check,
  callback,
  flag,
  having,
  objectOf,
  optional,
  text,
} from "../arguments/checks.ts";
import { indicesCheck } from "../graph/operand-checks.ts";
import type { Indices, Value } from "../graph/value.ts";
import { Module } from "../modules/module.ts";
import { append } from "../operations/append/operation.ts";
import { attention } from "../operations/attention/operation.ts";
import { dense } from "./linear.ts";
import type { LinearFactory, LinearLayer } from "./linear-layer.ts";
import type { RotaryEmbedding } from "./rotary-embedding.ts";

export interface MultiheadAttentionOptions {
  readonly features: number;
  readonly heads: number;
  /** Heads of keys and values, shared by as many queries' heads each; as many as `heads` by default. */
  readonly keyValueHeads?: number;
  /** Biases of all projections; true by default. */
  readonly bias?: boolean;
  /** Whether a token attends to itself and those before it only. */
  readonly causal?: boolean;
  readonly rotary?: RotaryEmbedding | undefined;
  /** What the projections are made by; dense ones by default. */
  readonly linear?: LinearFactory;
  readonly seeds: () => number;
}

/** What a run of attention takes beside its tokens. */
export interface AttentionContext {
  /** Tokens of a sequence. */
  readonly period: number;
  /** Keys and values of earlier tokens, kept in states of the graph. For one sequence, or a pool of several. */
  readonly cache?: KeyValueCache | undefined;
  /** How many tokens of each sequence count. */
  readonly lengths?: Indices | undefined;
}

/** Where keys and values are kept from run to run. */
export interface KeyValueCache {
  /** Begins the names of the states. */
  readonly name: string;
  /** Tokens of a sequence that it holds. */
  readonly capacity: number;
  /** Of the first token of the run; of several sequences in a pool, of the first of each. */
  readonly position: Indices;
  /** Where they are in pages of a pool, of which sequences have as many as they need. */
  readonly pool?: KeyValuePool | undefined;
}

/** Pages of keys and values that sequences share. */
export interface KeyValuePool {
  /** Pages that there are. */
  readonly count: number;
  /** Tokens of a page. */
  readonly size: number;
  /** The pages of each sequence in the order of its tokens, as many for each. */
  readonly table: Indices;
  /** Where the keys and values of each token of the run go: page times size, and its place in the page. */
  readonly places: Indices;
  /** How many tokens of each sequence count, that of the run too: for one token of each. */
  readonly lengths?: Indices | undefined;
}

const optionsCheck = objectOf({
  features: anyNumber,
  heads: anyNumber,
  keyValueHeads: optional(anyNumber),
  bias: optional(flag),
  causal: optional(flag),
  rotary: optional(having("a RotaryEmbedding", "rotate")),
  linear: optional(callback),
  seeds: callback,
});

const poolCheck = objectOf({
  count: anyNumber,
  size: anyNumber,
  table: indicesCheck,
  places: indicesCheck,
  lengths: optional(indicesCheck),
});

/** Refuses what is not an {@link AttentionContext}. */
const contextCheck: Check = objectOf({
  period: anyNumber,
  cache: optional(
    objectOf({
      ...{ name: text, capacity: anyNumber, position: indicesCheck },
      pool: optional(poolCheck),
    }),
  ),
  lengths: optional(indicesCheck),
});

/** Multi-head self-attention with projections `q_proj`, `k_proj`, `v_proj` and `o_proj` (arXiv 1706.03762). */
export class MultiheadAttention extends Module {
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly #causal: boolean;
  readonly #rotary: RotaryEmbedding | undefined;

  constructor(options: MultiheadAttentionOptions) {
    super();
    optionsCheck("attention", options);
    const { features, heads, bias = true, linear = dense, seeds } = options;
    this.heads = heads;
    this.keyValueHeads = options.keyValueHeads ?? heads;
    this.#causal = options.causal ?? false;
    this.#rotary = options.rotary;
    const shared = (features / heads) * this.keyValueHeads;
    const project = (name: string, inFeatures: number, outFeatures: number): void => {
      this.child(name, linear({ inFeatures, outFeatures, bias, seed: seeds() }));
    };
    project("q_proj", features, features);
    project("k_proj", features, shared);
    project("v_proj", features, shared);
    project("o_proj", features, features);
  }

  forward(x: Value, context: AttentionContext): Value {
    contextCheck("what attention is given", context);
    const { period, cache, lengths } = context;
    const { path, heads, keyValueHeads } = this;
    const { pool } = cache ?? {};
    const project = (name: string, value: Value): Value =>
      this.part<LinearLayer>(name).forward(value);
    const turned = (value: Value): Value =>
      this.#rotary?.rotate(value, {
        path,
        period,
        position: cache?.position,
        context: cache?.capacity,
      }) ?? value;
    const queries = turned(project("q_proj", x));
    const keys = turned(project("k_proj", x));
    const values = project("v_proj", x);
    const kept = (part: string, value: Value): Value => {
      if (cache === undefined) return value;
      const state = x.graph.state(`${cache.name}.${part}`, {
        vectors: pool === undefined ? cache.capacity : pool.count * pool.size,
        features: value.features,
      });
      return append(value, state, pool?.places ?? cache.position, path);
    };
    const attended = attention(queries, kept("keys", keys), kept("values", values), {
      path,
      heads,
      keyValueHeads,
      sequences: x.vectors / period,
      causal: this.#causal,
      // The lengths say where the only query of each sequence is.
      position: pool?.lengths === undefined ? cache?.position : undefined,
      lengths: pool?.lengths ?? lengths,
      pages: pool && { size: pool.size, table: pool.table },
    });
    return project("o_proj", attended);
  }
}
