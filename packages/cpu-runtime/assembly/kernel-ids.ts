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
/** Attention of a single query. */
export const ATTENTION_OF_ONE: i32 = 24;
/** Results of parts of the keys of a single query, put together. */
export const JOIN_ATTENTION: i32 = 25;
