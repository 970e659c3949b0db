import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { Parameter } from "../modules/parameter.ts";
import * as f from "../operations/index.ts";
import { sparse } from "./draw.ts";
import type { MakeGradient } from "./gradient-cases.ts";
import { parameter } from "./operation-case.ts";

/** Adds to each number another one, so that none is close to the largest of others. */
function apart(x: Value): Value {
  const count = x.vectors * x.features;
  // An odd step through a power of two takes each number once.
  const size = 2 ** Math.ceil(Math.log2(count));
  const numbers = Float32Array.from({ length: count }, (_, at) => 4 * ((5 * at) % size));
  const table = Parameter.of([x.vectors, x.features], numbers);
  return f.addPositions(x, table, { period: x.vectors });
}

const zeroFeature = 2 ** 32 - 1;

function gathered(map: (feature: number, features: number) => number): MakeGradient {
  return (graph, shape) => {
    const x = graph.input("x", shape);
    const { features } = shape;
    const chosen = Uint32Array.from({ length: features + 2 }, (_, at) => map(at, features));
    return { y: f.gatherFeatures(x, chosen), of: [x] };
  };
}

function aggregated(reduce: "sum" | "mean" | "max", weighted: boolean): MakeGradient {
  return (graph, shape) => {
    const x = graph.input("x", shape);
    const adjacency = sparse([shape.vectors + 1, shape.vectors], 4, 5, weighted);
    const vectors = reduce === "max" ? apart(x) : x;
    return { y: f.aggregate(vectors, adjacency, { reduce }), of: [x], terms: 32 };
  };
}

function attended(heads: number, slope: number, rate?: number): MakeGradient {
  return (graph, { vectors, features }) => {
    const x = graph.input("x", { vectors, features: heads * features });
    const sources = graph.input("sources", { vectors, features: heads });
    const targets = graph.input("targets", { vectors: vectors + 1, features: heads });
    // Sums of two odd multiples may be 0, where the slope changes; of three they are not.
    const moved = Parameter.of([heads], new Float32Array(heads).fill(2 ** -7));
    const y = f.edgeAttention(x, {
      ...{ sources: f.addVector(sources, moved), targets, heads, negativeSlope: slope },
      ...(rate !== undefined && {
        dropout: { rate, stream: 2, seed: graph.fixed("seed", Uint32Array.of(7)) },
      }),
      adjacency: sparse([vectors + 1, vectors], 4, 6, false),
    });
    return { y, of: [x, sources, targets], terms: 100 };
  };
}

function reduced(reduce: "sum" | "mean" | "max", lengths: boolean): MakeGradient {
  return (graph, { vectors, features }) => {
    const x = graph.input("x", { vectors: 3 * vectors, features });
    const counts = lengths ? graph.indices("lengths", 3) : undefined;
    const y = f.reduceVectors(reduce === "max" ? apart(x) : x, {
      ...{ reduce, period: vectors, lengths: counts },
    });
    return { y, of: [x] };
  };
}

function windowOf(rows: number, channels: number, dilation: number): f.Window2d {
  return {
    ...{ images: 2, channels, size: [rows + 1, 3], kernel: [2, 2], stride: [1, 2] },
    ...{ padding: [dilation, 1], dilation: [dilation, 1] },
  };
}

function pooled(pool: "max" | "average"): MakeGradient {
  return (graph, { vectors, features }) => {
    const window = windowOf(vectors, features, 1);
    const x = graph.input("x", { vectors: 6 * (vectors + 1), features });
    return { y: f.pool(pool === "max" ? apart(x) : x, window, { pool }), of: [x], terms: 32 };
  };
}

function unfolded(source: "image" | "pixels"): MakeGradient {
  return (graph: Graph, { vectors, features }) => {
    const window = windowOf(vectors, features, 2);
    const pixels = 3 * (vectors + 1);
    const shape =
      source === "image"
        ? { vectors: 2, features: features * pixels }
        : { vectors: 2 * pixels, features };
    const x = graph.input("x", shape);
    return { y: f.unfold(x, window, { source }), of: [x], terms: 16 };
  };
}

/** Cases of gathers, graphs and windows. */
export const SPARSE_GRADIENT_CASES: Readonly<Record<string, MakeGradient>> = {
  "rows of a table": (graph, { vectors, features }) => {
    const table = parameter(3, features);
    return { y: f.gatherVectors(table, graph.indices("ids", vectors)), of: [table], terms: 24 };
  },
  "vectors of a value, read twice": (graph, shape) => {
    const x = graph.input("x", shape);
    const fixed = graph.fixed(
      "some",
      Uint32Array.from({ length: shape.vectors }, (_, at) => Math.floor(at / 2)),
    );
    const y = f.add(
      f.gatherVectors(x, fixed),
      f.gatherVectors(x, graph.indices("ids", shape.vectors)),
    );
    return { y, of: [x], terms: 24 };
  },
  positions: (graph, { vectors, features }) => {
    const x = graph.input("x", { vectors: 3 * vectors, features });
    const table = parameter(vectors + 1, features);
    return { y: f.addPositions(x, table, { period: vectors }), of: [x, table] };
  },
  "positions after one that is prepended": (graph, { vectors, features }) => {
    const x = graph.input("x", { vectors: 2 * vectors, features });
    const [table, prepended] = [parameter(1, vectors + 1, features), parameter(features)];
    const y = f.addPositions(x, table, { period: vectors, prepended });
    return { y, of: [x, table, prepended] };
  },
  "features in another order": gathered((at, features) =>
    at < features ? features - 1 - at : zeroFeature,
  ),
  "features that are taken twice": gathered((at, features) =>
    at === 1 ? zeroFeature : Math.floor(at / 2) % features,
  ),
  "sum of neighbours": aggregated("sum", false),
  "weighted sum of neighbours": aggregated("sum", true),
  "mean of neighbours": aggregated("mean", false),
  "weighted mean of neighbours": aggregated("mean", true),
  "largest of neighbours": aggregated("max", false),
  "weighted largest of neighbours": aggregated("max", true),
  "attention over edges": attended(2, 0.2),
  "attention over edges with five heads": attended(5, -0.5),
  "attention over edges, some of which are dropped": attended(6, 0.2, 0.4),
  "product with a sparse matrix": (graph, shape) => {
    const x = graph.input("x", shape);
    const y = f.sparseLinear(x, sparse([5, shape.features], 4, 8, true));
    return { y, of: [x] };
  },
  "sums of features": (graph, shape) => {
    const x = graph.input("x", shape);
    return { y: f.sparseLinear(x, sparse([5, shape.features], 4, 8, false)), of: [x] };
  },
  "sum of sequences": reduced("sum", false),
  "mean of sequences of lengths": reduced("mean", true),
  "mean of sequences": reduced("mean", false),
  "largest of sequences": reduced("max", false),
  "largest of sequences of lengths": reduced("max", true),
  "largest of windows": pooled("max"),
  "mean of windows": pooled("average"),
  "windows of images": unfolded("image"),
  "windows of pixels": unfolded("pixels"),
};
