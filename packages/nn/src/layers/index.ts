export { GELU, ReLU, SiLU, Softmax } from "./activations.ts";
export {
  ButterflyLinear,
  type ButterflyLinearOptions,
  dyadic,
  type MonarchOptions,
  monarch,
  products,
} from "./butterfly-linear.ts";
export { Embedding, type EmbeddingOptions } from "./embedding.ts";
export { FeedForward, type FeedForwardOptions, GatedFeedForward } from "./feed-forward.ts";
export {
  KroneckerSparseLinear,
  type KroneckerSparseLinearOptions,
} from "./kronecker-sparse-linear.ts";
export { dense, Linear } from "./linear.ts";
export { butterflyOf, type LinearFactory, LinearLayer, type LinearShape } from "./linear-layer.ts";
export {
  type AttentionContext,
  type KeyValueCache,
  MultiheadAttention,
  type MultiheadAttentionOptions,
} from "./multihead-attention.ts";
export { LayerNorm, type LayerNormOptions, RMSNorm, type RMSNormOptions } from "./normalization.ts";
export { RotaryEmbedding, type RotaryOptions } from "./rotary-embedding.ts";
export { type Layer, Sequential } from "./sequential.ts";
