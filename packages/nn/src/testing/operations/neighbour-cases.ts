import { SparseMatrix } from "../../adjacency/sparse-matrix.ts";
import * as f from "../../operations/index.ts";
import type { Window2d } from "../../operations/shared/window.ts";
import { sparse } from "../draw.ts";
import { type OperationCase, type OperationCases, vectors } from "./operation-case.ts";

const WINDOW: Window2d = {
  images: 2,
  channels: 3,
  size: [7, 6],
  kernel: [3, 2],
  stride: [2, 1],
  padding: [1, 1],
  dilation: [1, 2],
};

/** Windows side by side, as patches are. */
const TILES: Window2d = {
  ...WINDOW,
  size: [6, 8],
  kernel: [3, 2],
  stride: [3, 2],
  padding: [0, 0],
  dilation: [1, 1],
};

const WINDOWS: Readonly<Record<string, Window2d>> = {
  windows: WINDOW,
  tiles: TILES,
  "tiles with a rest": { ...TILES, size: [7, 9] },
  "tiles of a padded image": { ...TILES, padding: [0, 1] },
  "windows far apart": { ...TILES, stride: [4, 3], kernel: [1, 2] },
};

const NO_EDGES = SparseMatrix.fromEntries([9, 12], { rows: [], columns: [] });

export const NEIGHBOUR_CASES = {
  unfold: Object.fromEntries(
    Object.entries(WINDOWS).flatMap(([name, window]): [string, OperationCase][] => {
      const { images, channels, size } = window;
      const pixels = size[0] * size[1];
      return [
        [
          `${name} of images`,
          {
            terms: 0,
            make: (graph) =>
              f.unfold(vectors(graph, images, channels * pixels), window, { source: "image" }),
          },
        ],
        [
          `${name} of pixels`,
          {
            terms: 0,
            make: (graph) =>
              f.unfold(vectors(graph, images * pixels, channels), window, { source: "pixels" }),
          },
        ],
      ];
    }),
  ),
  pool: Object.fromEntries(
    (["max", "average"] as const).flatMap((pool) =>
      Object.entries(WINDOWS).map(([name, window]): [string, OperationCase] => [
        `${pool} of ${name}`,
        {
          terms: 8,
          size: 4,
          make: (graph) =>
            f.pool(vectors(graph, 2 * window.size[0] * window.size[1], 3), window, { pool }),
        },
      ]),
    ),
  ),
  "sparse-linear": {
    weighted: {
      terms: 8,
      size: 5,
      make: (graph) => f.sparseLinear(vectors(graph, 3, 12), sparse([9, 12], 6, 5, true)),
    },
    "ones, of one vector": {
      terms: 8,
      size: 5,
      make: (graph) => f.sparseLinear(vectors(graph, 1, 12), sparse([9, 12], 6, 5, false)),
    },
    "by nothing": { terms: 0, make: (graph) => f.sparseLinear(vectors(graph, 3, 12), NO_EDGES) },
  },
  aggregate: Object.fromEntries(
    (["mean", "sum", "max"] as const).flatMap((reduce) =>
      Object.entries({
        "weighted edges": sparse([9, 12], 6, 5, true),
        edges: sparse([9, 12], 6, 5, false),
        nothing: NO_EDGES,
      }).map(([name, edges]): [string, OperationCase] => [
        `${reduce} of ${name}`,
        {
          terms: 8,
          size: 4,
          make: (graph) => f.aggregate(vectors(graph, 12, 5), edges, { reduce }),
        },
      ]),
    ),
  ),
  "edge-attention": {
    "two heads": {
      terms: 24,
      size: 3,
      make: (graph) =>
        f.edgeAttention(vectors(graph, 9, 6), {
          sources: vectors(graph, 9, 2),
          targets: vectors(graph, 9, 2),
          adjacency: sparse([9, 9], 6, 5, false),
          heads: 2,
          negativeSlope: 0.2,
        }),
    },
  },
} satisfies Readonly<Record<string, OperationCases>>;
