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
/** Attention of a single query. */
export const ATTENTION_OF_ONE = 24;
/** Results of parts of the keys of a single query, put together. */
export const JOIN_ATTENTION = 25;
