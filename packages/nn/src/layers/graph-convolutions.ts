import { Chain, Pattern } from "@papilio/butterfly";
import type { SparseMatrix } from "../adjacency/sparse-matrix.ts";
import { type Checks, callback, number, objectOf, optional } from "../arguments/checks.ts";
import type { Value } from "../graph/value.ts";
import { Module } from "../modules/module.ts";
import { Parameter } from "../modules/parameter.ts";
import { uniformWithin } from "../modules/random.ts";
import { addVector } from "../operations/add-vector/operation.ts";
import { aggregate } from "../operations/aggregate/operation.ts";
import { add } from "../operations/combine/operation.ts";
import { edgeAttention } from "../operations/edge-attention/operation.ts";
import { linear } from "../operations/linear/operation.ts";
import type { EdgeDropout } from "../operations/shared/edge-dropout.ts";
import { dense } from "./linear.ts";
import { type LinearFactory, type LinearLayer, linearChecks } from "./linear-layer.ts";

export interface GraphConvolutionOptions {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** True by default. */
  readonly bias?: boolean;
  readonly linear?: LinearFactory;
  readonly seed?: number;
}

const convolutionChecks: Checks = { ...linearChecks, linear: optional(callback) };

/**
 * The graph convolution `A W x + bias`, A the adjacency with self-loops, normalized on both sides (see
 * `normalizedAdjacency`). Source: arXiv 1609.02907.
 */
export class GCNConv extends Module {
  readonly bias: Parameter | undefined;

  constructor(options: GraphConvolutionOptions) {
    super();
    objectOf(convolutionChecks)("a graph convolution", options);
    const { bias = true, linear: make = dense, outFeatures } = options;
    this.child("lin", make({ ...options, bias: false }));
    this.bias = bias ? this.parameter("bias", new Parameter([outFeatures])) : undefined;
  }

  /** @param x a vector for each node */
  forward(x: Value, adjacency: SparseMatrix): Value {
    const { path, bias } = this;
    const projected = this.part<LinearLayer>("lin").forward(x);
    const aggregated = aggregate(projected, adjacency, { path });
    return bias === undefined ? aggregated : addVector(aggregated, bias, path);
  }
}

/**
 * `W_l mean(neighbours) + W_r x + bias`: GraphSAGE with the mean (arXiv 1706.02216). Where edges have
 * weights, the neighbours are multiplied by them; the mean is over their number all the same.
 */
export class SAGEConv extends Module {
  constructor(options: GraphConvolutionOptions) {
    super();
    objectOf(convolutionChecks)("a graph convolution", options);
    const { bias = true, linear: make = dense, seed = 0 } = options;
    this.child("lin_l", make({ ...options, bias }));
    this.child("lin_r", make({ ...options, bias: false, seed: (seed ^ 2) >>> 0 }));
  }

  /** @param adjacency rows are nodes, columns their neighbours */
  forward(x: Value, adjacency: SparseMatrix): Value {
    const { path } = this;
    const neighbours = aggregate(x, adjacency, { path, reduce: "mean" });
    const theirs = this.part<LinearLayer>("lin_l").forward(neighbours);
    return add(theirs, this.part<LinearLayer>("lin_r").forward(x), path);
  }
}

export interface GATConvOptions extends GraphConvolutionOptions {
  /** Their outputs stand side by side: `outFeatures` are those of each. 1 by default. */
  readonly heads?: number;
  /** 0.2 by default. */
  readonly negativeSlope?: number;
}

/**
 * Graph attention (arXiv 1710.10903). The adjacency is to have self-loops: see `withSelfLoops`. Weights of
 * edges do not count, as in PyTorch Geometric without `edge_dim`.
 */
export class GATConv extends Module {
  readonly bias: Parameter | undefined;
  readonly #heads: number;
  readonly #negativeSlope: number;
  readonly #scores: readonly [source: Parameter, target: Parameter];

  constructor(options: GATConvOptions) {
    super();
    objectOf({
      ...convolutionChecks,
      heads: optional(number),
      negativeSlope: optional(number),
    })("graph attention", options);
    const { heads = 1, negativeSlope = 0.2, bias = true, linear: make = dense } = options;
    const { outFeatures: each, seed = 0 } = options;
    this.#heads = heads;
    this.#negativeSlope = negativeSlope;
    this.child("lin", make({ ...options, outFeatures: heads * each, bias: false }));
    const score = (name: string, offset: number): Parameter =>
      this.parameter(
        name,
        new Parameter([1, heads, each], uniformWithin(1 / Math.sqrt(each), (seed ^ offset) >>> 0)),
      );
    this.#scores = [score("att_src", 2), score("att_dst", 4)];
    this.bias = bias ? this.parameter("bias", new Parameter([heads * each])) : undefined;
  }

  /** @param dropout of the weights of edges, in training alone */
  forward(x: Value, adjacency: SparseMatrix, dropout?: EdgeDropout): Value {
    const { path, bias } = this;
    const heads = this.#heads;
    const projected = this.part<LinearLayer>("lin").forward(x);
    // A score for each head: one row of its features each.
    const chain = Chain.of([new Pattern(heads, 1, projected.features / heads, 1)]);
    const score = (parameter: Parameter): Value =>
      linear(projected, { chain, factors: [parameter] }, { path });
    const attended = edgeAttention(projected, {
      path,
      adjacency,
      heads,
      negativeSlope: this.#negativeSlope,
      sources: score(this.#scores[0]),
      targets: score(this.#scores[1]),
      dropout,
    });
    return bias === undefined ? attended : addVector(attended, bias, path);
  }
}
