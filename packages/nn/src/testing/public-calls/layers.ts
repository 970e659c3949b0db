import { Chain, Pattern } from "@papilio/butterfly";
import { call, create, invoke, type PublicCalls } from "@papilio/public-arguments";
import * as nn from "../every-entry.ts";
import { circle, vectors } from "./graph.ts";

const features = 4;
const shape = { inFeatures: features, outFeatures: features, bias: true, seed: 1 };
const seeds = (): number => 1;
const norm = (): nn.LayerNorm => new nn.LayerNorm({ features });
const feedForward = {
  features,
  hidden: 8,
  activation: { kind: "relu", upper: 6 },
  bias: true,
  linear: nn.dense,
  seeds,
} as const;
const attention = {
  features,
  heads: 2,
  keyValueHeads: 1,
  bias: true,
  causal: true,
  linear: nn.dense,
  seeds,
} as const;
const rotary = { headFeatures: 2, positions: 8, theta: 100, style: "halves" } as const;

/** What a layer with a cache is given beside its tokens. */
const context = (graph: nn.Graph): object => ({
  period: 4,
  cache: { name: "layers.0", capacity: 8, position: graph.indices("position", 1) },
});

const forward = (layer: nn.Layer): (() => ReturnType<typeof invoke>) => {
  return () => invoke(layer, "forward", vectors());
};

const block = (): nn.BlockParts => ({
  norm1: ["norm1", norm()],
  attention: ["attn", new nn.MultiheadAttention(attention)],
  norm2: ["norm2", norm()],
  feedForward: ["mlp", new nn.FeedForward(feedForward)],
  order: "pre-norm",
});

/** Layers, and those who make them. */
export const layerCalls: PublicCalls = {
  GELU: () => create(nn.GELU, { approximate: "tanh" }),
  Softmax: () => create(nn.Softmax, { log: true }),
  "Softmax#forward": forward(new nn.Softmax()),
  Linear: () => create(nn.Linear, shape),
  "Linear#forward": forward(new nn.Linear(shape)),
  dense: () => call(nn.dense, shape),
  ButterflyLinear: () =>
    create(nn.ButterflyLinear, {
      weight: "1,2,2,2;2,2,2,1",
      inFeatures: 3,
      outFeatures: 3,
      bias: true,
      right: Uint32Array.of(0, 1, 2, 3),
      left: Uint32Array.of(0, 1, 2, 3),
      seed: 1,
    }),
  "ButterflyLinear of patterns": () =>
    create(nn.ButterflyLinear, { weight: [new Pattern(1, 2, 2, 2), new Pattern(2, 2, 2, 1)] }),
  "ButterflyLinear#forward": forward(new nn.ButterflyLinear({ weight: Chain.squareDyadic(4) })),
  products: () => call(nn.products, ["1,2,2,2;2,2,2,1"], nn.dense),
  "products, a factory": () => call(nn.products(["1,2,2,2;2,2,2,1"]), shape),
  linearByName: () => call(nn.linearByName, "monarch"),
  monarch: () => call(nn.monarch, { blocks: 2, rank: 1 }),
  "monarch, a factory": () => call(nn.monarch(), shape),
  monarchChain: () => call(nn.monarchChain, { rows: 4, cols: 4, blocks: 2, rank: 1 }),
  dyadic: () => call(nn.dyadic, shape),
  KroneckerSparseLinear: () =>
    create(nn.KroneckerSparseLinear, { weight: new Pattern(2, 2, 2, 1), bias: true, seed: 1 }),
  "KroneckerSparseLinear#forward": forward(
    new nn.KroneckerSparseLinear({ weight: new Pattern(2, 2, 2, 1) }),
  ),
  Conv2d: () =>
    create(nn.Conv2d, {
      inChannels: 1,
      outChannels: 2,
      kernelSize: [2, 2],
      stride: [1, 1],
      padding: [0, 0],
      dilation: [1, 1],
      bias: true,
      seed: 1,
    }),
  "Conv2d#forward": () =>
    invoke(new nn.Conv2d({ inChannels: 4, outChannels: 2, kernelSize: 1 }), "forward", vectors(), {
      images: 1,
      size: [2, 2],
      source: "pixels",
    }),
  PatchEmbedding: () =>
    create(nn.PatchEmbedding, {
      imageSize: [4, 4],
      patchSize: [2, 2],
      channels: 1,
      features,
      seed: 1,
    }),
  "PatchEmbedding#forward": () =>
    invoke(
      new nn.PatchEmbedding({ imageSize: [2, 2], patchSize: [1, 1], channels: 1, features }),
      "forward",
      vectors(),
    ),
  MaxPool2d: () => create(nn.MaxPool2d, { kernelSize: [2, 2], stride: [2, 2], padding: [0, 0] }),
  AvgPool2d: () => create(nn.AvgPool2d, { kernelSize: 2, stride: 2, padding: 0 }),
  "MaxPool2d, forward": () =>
    invoke(new nn.MaxPool2d({ kernelSize: 2 }), "forward", { value: vectors(), size: [2, 2] }),
  Embedding: () => create(nn.Embedding, { embeddings: 5, features, seed: 1 }),
  "Embedding#forward": () =>
    invoke(
      new nn.Embedding({ embeddings: 5, features }),
      "forward",
      new nn.Graph().indices("ids", 2),
    ),
  FeedForward: () => create(nn.FeedForward, feedForward),
  "FeedForward#forward": forward(new nn.FeedForward(feedForward)),
  GatedFeedForward: () => create(nn.GatedFeedForward, feedForward),
  "GatedFeedForward#forward": forward(new nn.GatedFeedForward(feedForward)),
  GCNConv: () => create(nn.GCNConv, { ...shape, linear: nn.dense }),
  "GCNConv#forward": () => invoke(new nn.GCNConv(shape), "forward", vectors(), circle()),
  SAGEConv: () => create(nn.SAGEConv, { ...shape, linear: nn.dense }),
  "SAGEConv#forward": () => invoke(new nn.SAGEConv(shape), "forward", vectors(), circle()),
  GATConv: () => create(nn.GATConv, { ...shape, linear: nn.dense, heads: 2, negativeSlope: 0.1 }),
  "GATConv#forward": () => invoke(new nn.GATConv(shape), "forward", vectors(), circle()),
  MultiheadAttention: () =>
    create(nn.MultiheadAttention, { ...attention, rotary: new nn.RotaryEmbedding(rotary) }),
  "MultiheadAttention#forward": () => {
    const graph = new nn.Graph();
    return invoke(new nn.MultiheadAttention(attention), "forward", vectors(graph), context(graph));
  },
  LayerNorm: () => create(nn.LayerNorm, { features, epsilon: 1e-5, bias: true }),
  "LayerNorm#forward": forward(norm()),
  RMSNorm: () => create(nn.RMSNorm, { features, epsilon: 1e-5 }),
  "RMSNorm#forward": forward(new nn.RMSNorm({ features })),
  RotaryEmbedding: () => create(nn.RotaryEmbedding, rotary),
  "RotaryEmbedding#rotate": () => {
    const graph = new nn.Graph();
    return invoke(new nn.RotaryEmbedding(rotary), "rotate", vectors(graph), {
      path: "path",
      period: 4,
      position: graph.indices("position", 1),
      context: 8,
    });
  },
  "Module#child": () => invoke(new nn.Sequential([]), "child", "one", new nn.ReLU()),
  "Module#childList": () => invoke(new nn.Sequential([]), "childList", "all", [new nn.ReLU()]),
  "Module#parameter": () =>
    invoke(new nn.Sequential([]), "parameter", "one", new nn.Parameter([2])),
  Sequential: () => create(nn.Sequential, [new nn.ReLU()]),
  "Sequential#forward": forward(new nn.Sequential([new nn.ReLU()])),
  TransformerBlock: () => create(nn.TransformerBlock, block()),
  "TransformerBlock#forward": () => {
    const graph = new nn.Graph();
    return invoke(new nn.TransformerBlock(block()), "forward", vectors(graph), context(graph));
  },
  layerNormBlock: () =>
    call(nn.layerNormBlock, {
      order: "post-norm",
      features,
      heads: 2,
      hidden: 8,
      activation: { kind: "gelu", approximate: "none" },
      epsilon: 1e-5,
      causal: true,
      linear: { projection: nn.dense, ffn: nn.dense },
      seeds,
      norms: ["one", "two"],
    }),
};
