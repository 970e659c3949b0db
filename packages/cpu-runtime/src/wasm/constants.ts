// Generated from assembly/program.ts by pnpm build:wasm; a test holds the two together.

/** 32-bit words of a `Program`. */
export const PROGRAM_WORDS = 4;
/** 32-bit words of a `Call`. */
export const CALL_WORDS = 14;
/** Vectors that a tile spans: 16 numbers are a cache line. */
export const TILE = 16;
/** Bytes of one feature of a tile. */
export const TILE_BYTES = 64;
/** Vectors that take a tile of four, and as long as one. */
export const FEW_VECTORS = 4;
