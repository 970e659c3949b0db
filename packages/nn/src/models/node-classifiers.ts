import { normalizedAdjacency, withSelfLoops } from "../graph/adjacency.ts";
import { activate, softmax } from "../graph/functional.ts";
import { Graph } from "../graph/graph.ts";
import type { SparseMatrix } from "../graph/sparse-matrix.ts";
import type { Value } from "../graph/value.ts";
import { GATConv, GCNConv, SAGEConv } from "../layers/graph-convolutions.ts";
import type { LinearFactory } from "../layers/linear-layer.ts";
import { seedsFrom } from "../modules/random.ts";
import { Model } from "./model.ts";

export interface NodeClassifierConfig {
  /** Of each node. */
  readonly inFeatures: number;
  /** Between the layers: 16 by default. */
  readonly hidden?: number;
  readonly classes: number;
  /** 2 by default. */
  readonly layers?: number;
  readonly linear?: LinearFactory;
  readonly seed?: number;
}

/** A graph, rows its nodes and columns their neighbours: what `adjacencyOf` makes. */
export interface NodesShape {
  readonly graph: SparseMatrix;
}

interface Convolution {
  forward(x: Value, graph: SparseMatrix): Value;
}

/** Sizes of the layers' inputs and outputs. */
function sizesOf({ inFeatures, hidden = 16, classes, layers = 2 }: NodeClassifierConfig): number[] {
  return [inFeatures, ...Array.from({ length: layers - 1 }, () => hidden), classes];
}

/** Input `features` (a vector for each node), output `logits` (`classes` for each node). */
abstract class NodeClassifier extends Model<NodesShape> {
  protected readonly layers: Convolution[] = [];
  readonly #inFeatures: number;

  constructor({ inFeatures }: NodeClassifierConfig) {
    super();
    this.#inFeatures = inFeatures;
  }

  /** The matrix by which messages are passed. */
  protected abstract edges(graph: SparseMatrix): SparseMatrix;

  /** What is between the layers. */
  protected between(x: Value): Value {
    return activate(x, { kind: "relu" });
  }

  trace({ graph: nodes }: NodesShape): Graph {
    const graph = new Graph();
    const edges = this.edges(nodes);
    let x = graph.input("features", { vectors: nodes.rows, features: this.#inFeatures });
    this.layers.forEach((layer, index) => {
      x = layer.forward(index === 0 ? x : this.between(x), edges);
    });
    graph.output("logits", x);
    graph.output("log probabilities", softmax(x, { log: true }));
    return graph;
  }
}

/** A graph convolutional network (arXiv 1609.02907), layers `conv1`, `conv2` and so on. */
export class GCN extends NodeClassifier {
  constructor(config: NodeClassifierConfig) {
    super(config);
    const seeds = seedsFrom(config.seed ?? 0);
    const sizes = sizesOf(config);
    for (let index = 0; index + 1 < sizes.length; index++) {
      this.layers.push(
        this.child(
          `conv${index + 1}`,
          new GCNConv({ ...shape(sizes, index, seeds), ...made(config) }),
        ),
      );
    }
  }

  protected edges(graph: SparseMatrix): SparseMatrix {
    return normalizedAdjacency(graph);
  }
}

/** GraphSAGE with the mean of the neighbours (arXiv 1706.02216), layers `conv1` and so on. */
export class GraphSAGE extends NodeClassifier {
  constructor(config: NodeClassifierConfig) {
    super(config);
    const seeds = seedsFrom(config.seed ?? 0);
    const sizes = sizesOf(config);
    for (let index = 0; index + 1 < sizes.length; index++) {
      this.layers.push(
        this.child(
          `conv${index + 1}`,
          new SAGEConv({ ...shape(sizes, index, seeds), ...made(config) }),
        ),
      );
    }
  }

  protected edges(graph: SparseMatrix): SparseMatrix {
    return graph;
  }
}

export interface GATConfig extends NodeClassifierConfig {
  /** Of all layers but the last, which has one; 8 by default, of `hidden` features each. */
  readonly heads?: number;
}

/** A graph attention network (arXiv 1710.10903), layers `conv1` and so on. */
export class GAT extends NodeClassifier {
  constructor(config: GATConfig) {
    super(config);
    const { heads = 8 } = config;
    const seeds = seedsFrom(config.seed ?? 0);
    const sizes = sizesOf(config);
    for (let index = 0; index + 1 < sizes.length; index++) {
      const { inFeatures, ...rest } = shape(sizes, index, seeds);
      const last = index + 2 === sizes.length;
      this.layers.push(
        this.child(
          `conv${index + 1}`,
          new GATConv({
            ...rest,
            inFeatures: index === 0 ? inFeatures : heads * inFeatures,
            heads: last ? 1 : heads,
            ...made(config),
          }),
        ),
      );
    }
  }

  protected edges(graph: SparseMatrix): SparseMatrix {
    return withSelfLoops(graph);
  }

  protected override between(x: Value): Value {
    return activate(x, { kind: "elu", alpha: 1 });
  }
}

function shape(
  sizes: readonly number[],
  index: number,
  seeds: () => number,
): { readonly inFeatures: number; readonly outFeatures: number; readonly seed: number } {
  return {
    inFeatures: sizes[index] as number,
    outFeatures: sizes[index + 1] as number,
    seed: seeds(),
  };
}

function made({ linear }: NodeClassifierConfig): { linear?: LinearFactory } {
  return linear === undefined ? {} : { linear };
}
