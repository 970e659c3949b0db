import type { Graph } from "../../graph/graph.ts";
import type { Value } from "../../graph/value.ts";
import * as f from "../../operations/index.ts";
import { type OperationCase, type OperationCases, parameter, vectors } from "./operation-case.ts";

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
}): (graph: Graph) => Value {
  const { sequences = 2, queries, keys = queries, heads = 4, keyValueHeads = heads } = options;
  const { causal, scale } = options;
  return (graph) => {
    const q = vectors(graph, sequences * queries, heads * 3);
    const k = vectors(graph, sequences * keys, keyValueHeads * 3);
    const v = vectors(graph, sequences * keys, keyValueHeads * 3);
    return f.attention(q, k, v, {
      sequences,
      heads,
      keyValueHeads,
      causal,
      ...(scale === undefined ? {} : { scale }),
      position: options.positioned ? graph.indices("position", 1) : undefined,
      lengths: options.measured ? graph.indices("lengths", sequences) : undefined,
    });
  };
}

export const SEQUENCE_CASES = {
  "gather-vectors": {
    "of a table": {
      terms: 0,
      make: (graph) => f.gatherVectors(parameter(7, 3), graph.indices("ids", 4)),
      indices: { ids: [6, 0, 3, 3] },
    },
    "of a value, fixed": {
      terms: 0,
      make: (graph) =>
        f.gatherVectors(vectors(graph, 7, 3), graph.fixed("some", Uint32Array.of(5, 5, 0))),
    },
  },
  "add-positions": {
    "from the first": {
      terms: 2,
      make: (graph) => f.addPositions(vectors(graph, 6, 4), parameter(5, 4), { period: 3 }),
    },
    "with one prepended": {
      terms: 2,
      make: (graph) =>
        f.addPositions(vectors(graph, 6, 4), parameter(1, 4, 4), {
          period: 3,
          prepended: parameter(1, 1, 4),
        }),
    },
    "from a position, of one sequence, with one prepended": {
      terms: 2,
      make: (graph) =>
        f.addPositions(vectors(graph, 3, 4), parameter(9, 4), {
          period: 3,
          prepended: parameter(4),
          position: graph.indices("position", 1),
        }),
      indices: { position: [5] },
    },
  },
  rotary: Object.fromEntries(
    (["interleaved", "halves"] as const).flatMap((style): [string, OperationCase][] => {
      const options = {
        headFeatures: 6,
        style,
        cosines: parameter(10, 3),
        sines: parameter(10, 3),
      };
      return [
        [
          `${style}, two sequences`,
          { terms: 3, make: (graph) => f.rotary(vectors(graph, 8, 12), { ...options, period: 4 }) },
        ],
        [
          `${style}, from a position, past the end of the table`,
          {
            terms: 3,
            make: (graph) =>
              f.rotary(vectors(graph, 4, 12), {
                ...options,
                period: 4,
                position: graph.indices("position", 1),
              }),
            indices: { position: [8] },
          },
        ],
      ];
    }),
  ),
  append: Object.fromEntries(
    [0, 2, 3, 4].flatMap((position) =>
      [1, 3].map((count): [string, OperationCase] => [
        `${count} at ${position} of 5`,
        {
          terms: 0,
          make: (graph) => {
            const state = graph.state("kept", { vectors: 5, features: 2 });
            return f.append(vectors(graph, count, 2), state, graph.indices("position", 1));
          },
          indices: { position: [position] },
        },
      ]),
    ),
  ),
  attention: {
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
  },
  "reduce-vectors": Object.fromEntries(
    (["mean", "sum", "max"] as const).flatMap((reduce): [string, OperationCase][] => [
      [
        reduce,
        {
          terms: 5,
          size: 4,
          make: (graph) => f.reduceVectors(vectors(graph, 8, 3), { reduce, period: 4 }),
        },
      ],
      [
        `${reduce} of the first`,
        {
          terms: 5,
          size: 4,
          make: (graph) =>
            f.reduceVectors(vectors(graph, 12, 3), {
              reduce,
              period: 4,
              lengths: graph.indices("lengths", 3),
            }),
          indices: { lengths: [4, 0, 1] },
        },
      ],
    ]),
  ),
} satisfies Readonly<Record<string, OperationCases>>;
