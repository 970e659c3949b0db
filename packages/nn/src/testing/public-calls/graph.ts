import { call, create, invoke, type PublicCall, type PublicCalls } from "@papilio/public-arguments";
import { softmaxDefinition } from "../../operations/softmax/operation.ts";
import * as nn from "../every-entry.ts";

const features = 4;

/** Four vectors of a graph. */
export function vectors(graph: nn.Graph = new nn.Graph(), name: string = "x"): nn.Value {
  return graph.input(name, { vectors: 4, features });
}

/** A graph of one linear layer, without an input of another kind. */
export function smallGraph(): nn.Graph {
  const graph = new nn.Graph();
  const layer = new nn.Linear({ inFeatures: features, outFeatures: features });
  graph.output("y", layer.forward(vectors(graph)));
  return graph;
}

/** A graph of one activation. */
export function graphWithoutProducts(): nn.Graph {
  const graph = new nn.Graph();
  graph.output("y", new nn.ReLU().forward(vectors(graph)));
  return graph;
}

/** Four nodes, a circle. */
export function circle(): nn.SparseMatrix {
  return nn.adjacencyOf({ nodes: 4, edges: [0, 1, 1, 2, 2, 3, 3, 0] });
}

const ones = (...shape: readonly number[]): nn.Parameter =>
  new nn.Parameter(shape, (values) => values.fill(1));

/** A function of two values of one graph. */
const ofTwo = (run: (...values: never[]) => unknown): PublicCall => {
  const graph = new nn.Graph();
  return call(run, vectors(graph), vectors(graph, "other"), "path");
};

const window = {
  images: 1,
  channels: features,
  size: [2, 2],
  kernel: [1, 1],
  stride: [1, 1],
  padding: [0, 0],
  dilation: [1, 1],
} as const;

const position = (graph: nn.Graph): nn.Indices => graph.indices("position", 1);

/** Operations on values, and what they are made of. */
export const graphCalls: PublicCalls = {
  Parameter: () => create(nn.Parameter, [2, 3], (values: Float32Array) => values.fill(1)),
  "Parameter.of": () => invoke(nn.Parameter, "of", [2, 3], new Float32Array(6)),
  "Module#replaceWith": () => {
    const model = new nn.Sequential([new nn.ReLU()]);
    return invoke(model.children.get("0") as nn.Module, "replaceWith", new nn.ReLU());
  },
  "Graph#input": () => invoke(new nn.Graph(), "input", "x", { vectors: 2, features }),
  "Graph#indices": () => invoke(new nn.Graph(), "indices", "ids", 3),
  "Graph#fixed": () => invoke(new nn.Graph(), "fixed", "ids", Uint32Array.of(0, 1)),
  "Graph#state": () => invoke(new nn.Graph(), "state", "keys", { vectors: 2, features }),
  "Graph#output": () => {
    const graph = new nn.Graph();
    return invoke(graph, "output", "y", vectors(graph));
  },
  "Graph#add": () => {
    const graph = new nn.Graph();
    const fields = { path: "", x: vectors(graph), log: false };
    return invoke(graph, "add", softmaxDefinition, fields, { vectors: 4, features });
  },
  operationsOf: () => call(nn.operationsOf, smallGraph()),
  Value: () => create(nn.Value, new nn.Graph(), 4, features),
  Indices: () => create(nn.Indices, new nn.Graph(), "ids", 2, Uint32Array.of(0, 1)),
  "Indices#requireBelow": () => invoke(new nn.Graph().indices("ids", 2), "requireBelow", 5),
  "Indices#check": () => invoke(new nn.Graph().indices("ids", 2), "check", Uint32Array.of(0, 1)),
  SparseMatrix: () => create(nn.SparseMatrix, [2, 2], [0, 1, 2], [0, 1], [1, 2]),
  "SparseMatrix.fromEntries": () =>
    invoke(nn.SparseMatrix, "fromEntries", [2, 2], { rows: [0, 1], columns: [1, 0] }, [1, 2]),
  "SparseMatrix#withValues": () => invoke(circle(), "withValues", new Float32Array(8)),
  adjacencyOf: () => call(nn.adjacencyOf, { nodes: 3, edges: [0, 1, 1, 2] }),
  withSelfLoops: () => call(nn.withSelfLoops, circle()),
  normalizedAdjacency: () => call(nn.normalizedAdjacency, circle()),
  linear: () =>
    call(nn.linear, vectors(), ones(features, features), { path: "path", bias: ones(features) }),
  denseMatrix: () => call(nn.denseMatrix, ones(2, 3)),
  sparseLinear: () => call(nn.sparseLinear, vectors(), circle(), "path"),
  activate: () => call(nn.activate, vectors(), { kind: "gelu", approximate: "none" }, "path"),
  add: () => ofTwo(nn.add),
  multiply: () => ofTwo(nn.multiply),
  addVector: () => call(nn.addVector, vectors(), ones(features), "path"),
  gatherVectors: () =>
    call(nn.gatherVectors, ones(3, features), new nn.Graph().indices("ids", 2), "path"),
  addPositions: () => {
    const graph = new nn.Graph();
    return call(nn.addPositions, vectors(graph), ones(5, features), {
      path: "path",
      period: 4,
      prepended: ones(features),
      position: position(graph),
    });
  },
  gatherFeatures: () => call(nn.gatherFeatures, vectors(), Uint32Array.of(0, 2), "path"),
  resizeFeatures: () => call(nn.resizeFeatures, vectors(), 3, "path"),
  normalize: () =>
    call(nn.normalize, vectors(), {
      path: "path",
      norm: "layer",
      epsilon: 1e-5,
      weight: ones(features),
      bias: ones(features),
    }),
  softmax: () => call(nn.softmax, vectors(), { path: "path", log: true }),
  rotary: () => {
    const graph = new nn.Graph();
    return call(nn.rotary, vectors(graph), {
      path: "path",
      headFeatures: 2,
      style: "halves",
      cosines: ones(4, 1),
      sines: ones(4, 1),
      period: 4,
      position: position(graph),
    });
  },
  append: () => {
    const graph = new nn.Graph();
    const state = graph.state("keys", { vectors: 6, features });
    return call(nn.append, vectors(graph), state, position(graph), "path");
  },
  attention: () => {
    const graph = new nn.Graph();
    const values = ["q", "k", "v"].map((name) => vectors(graph, name));
    return call(nn.attention, ...values, {
      path: "path",
      heads: 2,
      keyValueHeads: 2,
      sequences: 1,
      scale: 1,
      causal: true,
      position: position(graph),
      lengths: graph.indices("lengths", 1),
    });
  },
  unfold: () => call(nn.unfold, vectors(), window, { path: "path", source: "pixels" }),
  pool: () => call(nn.pool, vectors(), window, { path: "path", pool: "max" }),
  reduceVectors: () => {
    const graph = new nn.Graph();
    return call(nn.reduceVectors, vectors(graph), {
      path: "path",
      reduce: "mean",
      period: 4,
      lengths: graph.indices("lengths", 1),
    });
  },
  aggregate: () => call(nn.aggregate, vectors(), circle(), { path: "path", reduce: "mean" }),
  edgeAttention: () => {
    const graph = new nn.Graph();
    const scores = (name: string): nn.Value => graph.input(name, { vectors: 4, features: 2 });
    return call(nn.edgeAttention, vectors(graph), {
      path: "path",
      adjacency: circle(),
      heads: 2,
      negativeSlope: 0.2,
      sources: scores("sources"),
      targets: scores("targets"),
    });
  },
};
