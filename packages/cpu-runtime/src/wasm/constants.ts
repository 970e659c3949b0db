// Generated from assembly/program.ts by pnpm build:wasm; a test holds the two together.

/** 32-bit words of a `Stage`. */
export const STAGE_WORDS = 9;
/** 32-bit words of a `Pass`. */
export const PASS_WORDS = 6;
/** 32-bit words of a `Program`. */
export const PROGRAM_WORDS = 5;
/** 32-bit words of a `Call`. */
export const CALL_WORDS = 13;
/** Vectors that a tile spans: 16 numbers are a cache line. */
export const TILE = 16;
/** Bytes of one feature of a tile. */
export const TILE_BYTES = 64;
/** Vectors that are too few to be multiplied as a tile: they are multiplied one by one. */
export const FEW_VECTORS = 4;
/** Bytes at the beginning of a thread's frame that are not scratch memory. */
export const FRAME_BYTES = 64;
