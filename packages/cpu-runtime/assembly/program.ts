/**
 * What TypeScript writes into the memory for this module to read, field by field in the order of
 * declaration: `src/multiplication` is the other side. Sizes are in elements, addresses and distances in
 * bytes. `pnpm build:wasm` writes the constants that this file exports into `src/wasm/constants.ts`.
 */

/** A factor, or a product of factors, as it acts within a block of its pass: `y = W x` of `(a, b, c, d)`. */
@unmanaged
export class Stage {
  a: i32;
  b: i32;
  c: i32;
  d: i32;
  values: usize;
  /** From the values of one block to those of the next: along the pass's `a` and `d`, and its own. */
  outerI: usize;
  outerK: usize;
  innerI: usize;
  innerK: usize;
}

/** A chain, ready to be multiplied by. The addresses of its passes follow: each is a `ProductCall` or a `DoublePass`. */
@unmanaged
export class Program {
  rows: i32;
  cols: i32;
  /** Numbers that make an element: 1 real, 2 complex. */
  parts: i32;
  /** Passes are applied in their order. */
  passCount: i32;
}

/** One multiplication of a batch, which is taken in panels that all passes go through. */
@unmanaged
export class Call {
  x: usize;
  /** From the real to the imaginary parts. */
  xPart: usize;
  y: usize;
  yPart: usize;
  batch: i32;
  /** `[batch, features]` rather than `[features, batch]`. */
  batchFirst: i32;
  /** Bytes of an element of x and y: 4 in single, 2 in half, 8 in double precision, which its own passes compute in. */
  size: i32;
  /** Whether panels of whole tiles are read and written in place. */
  direct: i32;
  /** Vectors side by side in a tile. */
  width: i32;
  /** Vectors of a panel: whole tiles. */
  panel: i32;
  /**
   * Two buffers for each panel, which hold it after an even and after an odd number of passes; where they are
   * a thread's, they lie behind its frame instead.
   */
  buffers: usize;
  bufferBytes: usize;
  /** The state of a pass, and scratch memory that holds a block twice between stages. */
  frameBytes: usize;
  /** Tiles that a block is taken in, so that the scratch memory is in the first-level cache. */
  chunk: i32;
}

/** 32-bit words of a {@link Program}. */
export const PROGRAM_WORDS: i32 = <i32>offsetof<Program>() / 4;
/** 32-bit words of a {@link Call}. */
export const CALL_WORDS: i32 = <i32>offsetof<Call>() / 4;

/** Vectors that a tile spans: 16 numbers are a cache line. */
export const TILE: i32 = 16;
/** Bytes of one feature of a tile. */
export const TILE_BYTES: usize = 64;
/** Vectors that take a tile of four, and as long as one. */
export const FEW_VECTORS: i32 = 4;
