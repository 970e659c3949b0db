/** The kernels of recorded programs, by number: what {@link runItem} of `run-item.ts` switches over. */

/** Tiles out of rows. */
export const TILES_FROM_ROWS: i32 = 0;
/** Rows out of tiles. */
export const ROWS_FROM_TILES: i32 = 1;
/** A chain of factors. */
export const CHAIN: i32 = 2;
/** Scaled dot-product attention. */
export const ATTENTION: i32 = 3;
/** A function of each number. */
export const ELEMENTWISE: i32 = 20;
/** Softmax of vectors, or its logarithm. */
export const SOFTMAX: i32 = 21;
/** Rotary position embedding. */
export const ROTARY: i32 = 22;
/** Vectors appended to a state. */
export const APPEND: i32 = 23;
/** Attention of few queries. */
export const ATTENTION_OF_FEW: i32 = 24;
/** Results of parts of the keys of few queries, put together. */
export const JOIN_ATTENTION: i32 = 25;
/** Layer, RMS and L2 normalization. */
export const NORMALIZE: i32 = 40;
/** Rows of a table added to vectors. */
export const ADD_POSITIONS: i32 = 41;
/** Rows of a table. */
export const GATHER_VECTORS: i32 = 42;
/** Features in another order. */
export const GATHER_FEATURES: i32 = 43;
/** One vector for each sequence. */
export const REDUCE_VECTORS: i32 = 44;
/** The largest or the mean of windows. */
export const POOL: i32 = 45;
/** Windows as vectors. */
export const UNFOLD: i32 = 46;
/** The product with a sparse matrix. */
export const SPARSE_LINEAR: i32 = 47;
/** Message passing over a graph. */
export const AGGREGATE: i32 = 48;
/** Attention over the edges of a graph. */
export const EDGE_ATTENTION: i32 = 49;
/** Values packed for products. */
export const PACK: i32 = 50;
/** A pass of a chain, with what follows the sums. */
export const PRODUCT: i32 = 51;
/** Numbers of which some become 0, at random. */
export const DROPOUT: i32 = 94;
/** The gradient of an activation. */
export const ACTIVATION_GRADIENT: i32 = 80;
/** The gradient of a normalization, of what is normalized. */
export const NORMALIZE_GRADIENT: i32 = 81;
/** The gradient of a normalization, of its weight and its bias. */
export const NORMALIZE_PARAMETERS_GRADIENT: i32 = 82;
/** The gradient of softmax, or of its logarithm. */
export const SOFTMAX_GRADIENT: i32 = 83;
/** The cross-entropy of each vector with its label, or the gradient of that. */
export const CROSS_ENTROPY: i32 = 84;
/** What labels count in a mean. */
export const LABEL_WEIGHTS: i32 = 86;
/** The mean of the squared differences of two vectors, or the gradient of that. */
export const SQUARED_ERROR: i32 = 87;
/** The divergence of a softened softmax from another one, or the gradient of that. */
export const DISTILLATION: i32 = 89;
/** Vectors added to rows of a table. */
export const SCATTER_VECTORS: i32 = 70;
/** Windows added to the pixels of images. */
export const FOLD: i32 = 71;
/** The gradient of one vector for each sequence. */
export const SPREAD_VECTORS: i32 = 72;
/** For each node, the neighbour whose message is the largest. */
export const LARGEST_NEIGHBOUR: i32 = 73;
/** Messages to those neighbours alone. */
export const AGGREGATE_LARGEST: i32 = 74;
/** Weights of the edges of a graph, and gradients of their scores. */
export const EDGE_ATTENTION_GRADIENT: i32 = 75;
/** Message passing with a weight for each edge and head. */
export const AGGREGATE_HEADS: i32 = 76;
/** The gradient of the largest vector of each sequence. */
export const SPREAD_LARGEST: i32 = 77;
/** What the gradient of attention needs to know of each query. */
export const ATTENTION_STATISTICS: i32 = 100;
/** The gradient of attention, of its queries. */
export const ATTENTION_QUERIES_GRADIENT: i32 = 101;
/** The gradient of attention, of its keys and values. */
export const ATTENTION_KEYS_GRADIENT: i32 = 102;
/** The gradient of a factor's values. */
export const FACTOR_GRADIENT: i32 = 91;
/** A step of an optimizer. */
export const UPDATE: i32 = 92;
/** The sum of the squares of numbers. */
export const SUM_OF_SQUARES: i32 = 93;
/** A product for few outputs, of vectors in rows. */
export const ROWS_PRODUCT: i32 = 103;
/** What the updates of a step have in common. */
export const STEP_SETTINGS: i32 = 104;
/** A sum over runs. */
export const ACCUMULATE: i32 = 105;
/** A product with the windows of images. */
export const CONVOLUTION: i32 = 106;
/** Vectors as bits of bipolar numbers. */
export const BIPOLAR_PLANES: i32 = 107;
/** A product of bipolar numbers. */
export const BIPOLAR_PRODUCT: i32 = 108;
