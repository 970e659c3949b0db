import { normalizedAdjacency, withSelfLoops } from "../adjacency/adjacency.ts";
import { type SparseMatrix, sparseCheck } from "../adjacency/sparse-matrix.ts";
import { anyNumber, callback, count, number, objectOf, optional } from "../arguments/checks.ts";
import { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import {
  GATConv,
  GCNConv,
  type GraphConvolutionOptions,
  SAGEConv,
} from "../layers/graph-convolutions.ts";
import type { LinearFactory } from "../layers/linear-layer.ts";
import type { Module } from "../modules/module.ts";
import { seedsFrom } from "../modules/random.ts";
import { activate } from "../operations/activation/operation.ts";
import { dropout } from "../operations/dropout/operation.ts";
import type { EdgeDropout } from "../operations/shared/edge-dropout.ts";
import { softmax } from "../operations/softmax/operation.ts";
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

const configCheck = objectOf({
  inFeatures: anyNumber,
  hidden: optional(anyNumber),
  classes: anyNumber,
  layers: optional(count),
  linear: optional(callback),
  seed: optional(number),
});

/** A graph, rows its nodes and columns their neighbours: what `adjacencyOf` makes. */
export interface NodesShape {
  readonly adjacency: SparseMatrix;
  /**
   * For training: the share of the numbers that each layer reads which become 0, at random, and of attention's weights
   * of edges; none unless given. Then the graph takes a number `dropout` too, another one for each step.
   */
  readonly dropout?: number;
}

interface Convolution extends Module {
  forward(x: Value, adjacency: SparseMatrix, dropout?: EdgeDropout): Value;
}

/** What a layer is made of. */
type LayerOptions = GraphConvolutionOptions & {
  /** Whether it is the last one. */
  readonly last: boolean;
};

/** Layers `conv1`, `conv2` and so on. Input `features`, a vector for each node; output `logits`. */
abstract class NodeClassifier extends Model<NodesShape> {
  readonly #layers: readonly Convolution[];
  readonly #inFeatures: number;

  constructor(config: NodeClassifierConfig, make: (options: LayerOptions) => Convolution) {
    super();
    configCheck("a classifier of nodes", config);
    const { inFeatures, hidden = 16, classes, layers = 2, linear } = config;
    const seeds = seedsFrom(config.seed ?? 0);
    this.#inFeatures = inFeatures;
    this.#layers = Array.from({ length: layers }, (_, index) => {
      const last = index + 1 === layers;
      const layer = make({
        inFeatures: index === 0 ? inFeatures : hidden,
        outFeatures: last ? classes : hidden,
        seed: seeds(),
        last,
        ...(linear && { linear }),
      });
      return this.child(`conv${index + 1}`, layer);
    });
  }

  /** The matrix by which messages are passed. */
  protected abstract edges(adjacency: SparseMatrix): SparseMatrix;

  /** What is between the layers. */
  protected between(x: Value): Value {
    return activate(x, { kind: "relu" });
  }

  /**
   * Outputs `logits` and `log probabilities`, `classes` for each node.
   *
   * @throws PapilioError `OPTION_INVALID` for a dropout rate that is not from 0 to below 1
   */
  trace(shape: NodesShape): Graph {
    objectOf({ adjacency: sparseCheck, dropout: optional(anyNumber) })("what is traced", shape);
    const { adjacency, dropout: rate } = shape;
    const graph = new Graph();
    const seed = rate === undefined ? undefined : graph.indices("dropout", 1);
    const edges = this.edges(adjacency);
    let x = graph.input("features", { vectors: adjacency.rows, features: this.#inFeatures });
    this.#layers.forEach((layer, index) => {
      const input = index === 0 ? x : this.between(x);
      if (rate === undefined || seed === undefined) {
        x = layer.forward(input, edges);
        return;
      }
      const kept = dropout(input, { rate, stream: index, seed, path: layer.path });
      const stream = this.#layers.length + index;
      x = layer.forward(kept, edges, { rate, stream, seed });
    });
    graph.output("logits", x);
    graph.output("log probabilities", softmax(x, { log: true }));
    return graph;
  }
}

/** A graph convolutional network (arXiv 1609.02907). */
export class GCN extends NodeClassifier {
  constructor(config: NodeClassifierConfig) {
    super(config, (options) => new GCNConv(options));
  }

  protected edges(adjacency: SparseMatrix): SparseMatrix {
    return normalizedAdjacency(adjacency);
  }
}

/** GraphSAGE with the mean of the neighbours (arXiv 1706.02216). */
export class GraphSAGE extends NodeClassifier {
  constructor(config: NodeClassifierConfig) {
    super(config, (options) => new SAGEConv(options));
  }

  protected edges(adjacency: SparseMatrix): SparseMatrix {
    return adjacency;
  }
}

export interface GATConfig extends NodeClassifierConfig {
  /** Of all layers but the last, which has one; 8 by default, of `hidden / heads` features each. */
  readonly heads?: number;
}

/** A graph attention network (arXiv 1710.10903). */
export class GAT extends NodeClassifier {
  constructor(config: GATConfig) {
    objectOf({ heads: optional(anyNumber) })("a classifier of nodes", config);
    const { heads = 8, ...others } = config;
    super(others, ({ last, ...options }) =>
      last
        ? new GATConv(options)
        : new GATConv({ ...options, heads, outFeatures: options.outFeatures / heads }),
    );
  }

  protected edges(adjacency: SparseMatrix): SparseMatrix {
    return withSelfLoops(adjacency);
  }

  protected override between(x: Value): Value {
    return activate(x, { kind: "elu", alpha: 1 });
  }
}
