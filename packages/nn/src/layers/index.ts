export type { NnErrorCodes } from "../errors/error-codes.ts";
export { Module } from "../modules/module.ts";
export { type Initialize, Parameter } from "../modules/parameter.ts";
export { GELU, ReLU, SiLU, Softmax } from "./activations.ts";
export {
  ButterflyLinear,
  type ButterflyLinearOptions,
  dyadic,
  type MonarchOptions,
  monarch,
  monarchChain,
  products,
} from "./butterfly-linear.ts";
export { Conv2d, type Conv2dOptions, type ImageShape, type Pixels } from "./conv2d.ts";
export { Embedding, type EmbeddingOptions } from "./embedding.ts";
export { FeedForward, type FeedForwardOptions, GatedFeedForward } from "./feed-forward.ts";
export {
  GATConv,
  type GATConvOptions,
  GCNConv,
  type GraphConvolutionOptions,
  SAGEConv,
} from "./graph-convolutions.ts";
export {
  KroneckerSparseLinear,
  type KroneckerSparseLinearOptions,
} from "./kronecker-sparse-linear.ts";
export { dense, Linear } from "./linear.ts";
export { linearByName } from "./linear-by-name.ts";
export { type LinearFactory, LinearLayer, type LinearShape } from "./linear-layer.ts";
export {
  type AttentionContext,
  type KeyValueCache,
  type KeyValuePool,
  MultiheadAttention,
  type MultiheadAttentionOptions,
} from "./multihead-attention.ts";
export { LayerNorm, type LayerNormOptions, RMSNorm, type RMSNormOptions } from "./normalization.ts";
export { PatchEmbedding, type PatchEmbeddingOptions } from "./patch-embedding.ts";
export { AvgPool2d, MaxPool2d, type Pool2dOptions } from "./pooling.ts";
export { RotaryEmbedding, type RotaryOptions } from "./rotary-embedding.ts";
export { type Layer, Sequential } from "./sequential.ts";
