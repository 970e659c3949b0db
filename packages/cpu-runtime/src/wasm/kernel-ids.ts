// Generated from assembly/kernel-ids.ts by pnpm build:wasm; a test holds the two together.

/** Tiles out of rows. */
export const TILES_FROM_ROWS = 0;
/** Rows out of tiles. */
export const ROWS_FROM_TILES = 1;
/** A chain of factors. */
export const CHAIN = 2;
/** Scaled dot-product attention. */
export const ATTENTION = 3;
/** A function of each number. */
export const ELEMENTWISE = 20;
/** Softmax of vectors, or its logarithm. */
export const SOFTMAX = 21;
/** Rotary position embedding. */
export const ROTARY = 22;
/** Vectors appended to a state. */
export const APPEND = 23;
/** Attention of few queries. */
export const ATTENTION_OF_FEW = 24;
/** Results of parts of the keys of few queries, put together. */
export const JOIN_ATTENTION = 25;
/** Layer, RMS and L2 normalization. */
export const NORMALIZE = 40;
/** Rows of a table added to vectors. */
export const ADD_POSITIONS = 41;
/** Rows of a table. */
export const GATHER_VECTORS = 42;
/** Features in another order. */
export const GATHER_FEATURES = 43;
/** One vector for each sequence. */
export const REDUCE_VECTORS = 44;
/** The largest or the mean of windows. */
export const POOL = 45;
/** Windows as vectors. */
export const UNFOLD = 46;
/** The product with a sparse matrix. */
export const SPARSE_LINEAR = 47;
/** Message passing over a graph. */
export const AGGREGATE = 48;
/** Attention over the edges of a graph. */
export const EDGE_ATTENTION = 49;
/** Values packed for products. */
export const PACK = 50;
/** A pass of a chain, with what follows the sums. */
export const PRODUCT = 51;
/** Numbers of which some become 0, at random. */
export const DROPOUT = 94;
/** The gradient of an activation. */
export const ACTIVATION_GRADIENT = 80;
/** The gradient of a normalization, of what is normalized. */
export const NORMALIZE_GRADIENT = 81;
/** The gradient of a normalization, of its weight and its bias. */
export const NORMALIZE_PARAMETERS_GRADIENT = 82;
/** The gradient of softmax, or of its logarithm. */
export const SOFTMAX_GRADIENT = 83;
/** The cross-entropy of each vector with its label, or the gradient of that. */
export const CROSS_ENTROPY = 84;
/** What labels count in a mean. */
export const LABEL_WEIGHTS = 86;
/** The mean of the squared differences of two vectors, or the gradient of that. */
export const SQUARED_ERROR = 87;
/** The divergence of a softened softmax from another one, or the gradient of that. */
export const DISTILLATION = 89;
/** Vectors added to rows of a table. */
export const SCATTER_VECTORS = 70;
/** Windows added to the pixels of images. */
export const FOLD = 71;
/** The gradient of one vector for each sequence. */
export const SPREAD_VECTORS = 72;
/** For each node, the neighbour whose message is the largest. */
export const LARGEST_NEIGHBOUR = 73;
/** Messages to those neighbours alone. */
export const AGGREGATE_LARGEST = 74;
/** Weights of the edges of a graph, and gradients of their scores. */
export const EDGE_ATTENTION_GRADIENT = 75;
/** Message passing with a weight for each edge and head. */
export const AGGREGATE_HEADS = 76;
/** The gradient of the largest vector of each sequence. */
export const SPREAD_LARGEST = 77;
/** What the gradient of attention needs to know of each query. */
export const ATTENTION_STATISTICS = 100;
/** The gradient of attention, of its queries. */
export const ATTENTION_QUERIES_GRADIENT = 101;
/** The gradient of attention, of its keys and values. */
export const ATTENTION_KEYS_GRADIENT = 102;
/** The gradient of a factor's values. */
export const FACTOR_GRADIENT = 91;
/** A step of an optimizer. */
export const UPDATE = 92;
/** The sum of the squares of numbers. */
export const SUM_OF_SQUARES = 93;
/** A product for few outputs, of vectors in rows. */
export const ROWS_PRODUCT = 103;
/** What the updates of a step have in common. */
export const STEP_SETTINGS = 104;
/** A sum over runs. */
export const ACCUMULATE = 105;
/** A product with the windows of images. */
export const CONVOLUTION = 106;
/** Vectors as bits of bipolar numbers. */
export const BIPOLAR_PLANES = 107;
/** A product of bipolar numbers. */
export const BIPOLAR_PRODUCT = 108;
