import type { Graph } from "../../../graph/graph.ts";
import type { Indices, Value } from "../../../graph/value.ts";
import { parameter as drawn } from "../../../testing/draw.ts";
import {
  FEATURES,
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import * as f from "../../index.ts";

function attention(options: {
  readonly sequences?: number;
  readonly queries: number;
  readonly keys?: number;
  readonly heads?: number;
  readonly keyValueHeads?: number;
  readonly causal: boolean;
  readonly positioned?: boolean;
  readonly measured?: boolean;
  readonly scale?: number;
  /** Vectors of a page, and pages of the pool. */
  readonly paged?: readonly [size: number, count: number];
}): (graph: Graph) => Value {
  const { sequences = 2, queries, keys = queries, heads = 4, keyValueHeads = heads } = options;
  const { causal, scale, paged } = options;
  return (graph) => {
    const q = vectors(graph, sequences * queries, heads * 3);
    const kept = paged === undefined ? sequences * keys : paged[0] * paged[1];
    const k = vectors(graph, kept, keyValueHeads * 3);
    const v = vectors(graph, kept, keyValueHeads * 3);
    const [size = keys] = paged ?? [];
    const table = (): Indices => graph.indices("pages", (sequences * keys) / size);
    return f.attention(q, k, v, {
      sequences,
      heads,
      keyValueHeads,
      causal,
      ...(scale === undefined ? {} : { scale }),
      position: options.positioned ? graph.indices("position", 1) : undefined,
      lengths: options.measured ? graph.indices("lengths", sequences) : undefined,
      pages: paged && { size, table: table() },
    });
  };
}

/** The operation as the last one of a graph. */
export const attentionCases: OperationCases = {
  "of all": { terms: 16, size: 3, make: attention({ queries: 5, causal: false }) },
  "of others": { terms: 16, size: 3, make: attention({ queries: 3, keys: 6, causal: false }) },
  "of those before": { terms: 16, size: 3, make: attention({ queries: 5, causal: true }) },
  "of those before the last ones": {
    terms: 16,
    size: 3,
    make: attention({ queries: 2, keys: 6, causal: true }),
  },
  "of fewer than there are queries": {
    terms: 16,
    size: 3,
    make: attention({ queries: 5, keys: 2, causal: true }),
  },
  "of a single query": {
    terms: 16,
    size: 3,
    make: attention({ queries: 1, keys: 6, causal: true }),
  },
  "with shared keys": {
    terms: 16,
    size: 3,
    make: attention({ queries: 5, keyValueHeads: 2, causal: true }),
  },
  "with one head of keys": {
    terms: 16,
    size: 3,
    make: attention({ queries: 5, keyValueHeads: 1, causal: false }),
  },
  "with another scale": {
    terms: 16,
    size: 3,
    make: attention({ queries: 5, causal: false, scale: 1 }),
  },
  "with lengths": {
    terms: 16,
    size: 3,
    make: attention({ queries: 5, causal: false, measured: true }),
    indices: { lengths: [3, 0] },
  },
  "with lengths of those before": {
    terms: 16,
    size: 3,
    make: attention({ queries: 5, causal: true, measured: true, keyValueHeads: 2 }),
    indices: { lengths: [2, 5] },
  },
  "from a position": {
    terms: 16,
    size: 3,
    make: attention({ sequences: 1, queries: 2, keys: 8, causal: true, positioned: true }),
    indices: { position: [4] },
  },
  "of a single query, from a position of a long cache": {
    terms: 64,
    size: 3,
    make: attention({
      ...{ sequences: 1, queries: 1, keys: 300, heads: 1, causal: true, positioned: true },
    }),
    indices: { position: [270] },
  },
  "from a position past which nothing is": {
    terms: 16,
    size: 3,
    make: attention({
      sequences: 1,
      queries: 3,
      keys: 8,
      causal: true,
      positioned: true,
      keyValueHeads: 2,
    }),
    indices: { position: [7] },
  },
  "from a position, of all until there": {
    terms: 16,
    size: 3,
    make: attention({ sequences: 1, queries: 2, keys: 8, causal: false, positioned: true }),
    indices: { position: [3] },
  },
  "from a position with a length": {
    terms: 16,
    size: 3,
    make: attention({
      sequences: 1,
      queries: 2,
      keys: 8,
      causal: true,
      positioned: true,
      measured: true,
    }),
    indices: { position: [4], lengths: [6] },
  },
  "of single queries, with keys in pages": {
    terms: 64,
    size: 3,
    make: attention({
      ...{ sequences: 5, queries: 1, keys: 48, keyValueHeads: 2, causal: true, measured: true },
      paged: [16, 7],
    }),
    indices: { lengths: [48, 17, 0, 1, 33], pages: [6, 2, 4, 1, 0, 3, 5, 5, 5, 0, 0, 0, 3, 2, 6] },
  },
  "of some queries, with keys in pages": {
    terms: 64,
    size: 3,
    make: attention({
      ...{ sequences: 1, queries: 7, keys: 96, keyValueHeads: 1, causal: true, positioned: true },
      paged: [32, 4],
    }),
    indices: { position: [60], pages: [3, 0, 2] },
  },
  "of two sequences of some queries, with keys in pages": {
    terms: 64,
    size: 3,
    make: attention({
      ...{ sequences: 2, queries: 5, keys: 32, causal: false, measured: true, paged: [16, 5] },
    }),
    indices: { lengths: [29, 20], pages: [4, 1, 0, 4] },
  },
};

/** Keys and values in pages of 16 of a pool. */
function attendPool(x: Value, period: number, keys: number): Value {
  const pool = vectors(x.graph, 16 * 9, 6);
  const sequences = x.vectors / period;
  const table = Uint32Array.from({ length: (sequences * keys) / 16 }, (_, at) => (5 * at) % 9);
  return f.attention(x, pool, pool, {
    ...{ sequences, heads: 4, keyValueHeads: 2, causal: period > 1 },
    lengths: x.graph.indices("lengths", sequences),
    pages: { size: 16, table: x.graph.fixed("pages", table) },
  });
}

/** The operation on vectors of a model. */
export const attentionOnVectors: ValueOperations = [
  (x) => f.attention(x, x, x, { sequences: 1, heads: 3, keyValueHeads: 3, causal: true }),
  (x) => attendPool(x, 1, 64),
  (x) => attendPool(x, x.vectors, 48),
  (x) => {
    const keys = f.linear(x, drawn([6, FEATURES], 7));
    const lengths = x.graph.indices("lengths", x.vectors);
    return f.attention(x, keys, keys, {
      sequences: x.vectors,
      heads: 2,
      keyValueHeads: 1,
      causal: false,
      lengths,
    });
  },
];
