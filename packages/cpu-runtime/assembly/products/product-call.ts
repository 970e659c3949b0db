/** `y = activation(W x + bias) * multiplier + addend` for W of `(a, b, c, d)`, vectors in tiles. Stages follow. */
@unmanaged
export class ProductCall {
  x: usize;
  y: usize;
  /** 0 where there is none, as of the two others. */
  bias: usize;
  multiplier: usize;
  addend: usize;
  /** One of kernel-options.ts, and its parameter. */
  activation: i32;
  parameter: f32;
  /** Vectors side by side. */
  width: i32;
  tiles: i32;
  /** Vectors of the last tile that are computed: a multiple of four, two, or one. */
  lastWidth: i32;
  /** Tiles that go through several stages together. */
  chunk: i32;
  a: i32;
  b: i32;
  c: i32;
  d: i32;
  /** Of a stage on its own, blocks within a block of its pass along a, and blocks of the pass along d; else 1 and d. */
  innerA: i32;
  outerD: i32;
  /** Of a weight: 32, 16 or at most 8, see few-bits.ts. */
  bits: i32;
  /** Of few bits, what codes are: one of kernel-options.ts. */
  codes: i32;
  /** Numbers that make an element: 1 real, 2 complex. */
  parts: i32;
  tilesOfItem: i32;
  /** Blocks of an item, where a block is one part. */
  blocksOfItem: i32;
  /** Pieces of a block, each of which is an item, and outputs of each but the last. */
  pieces: i32;
  outputsOfPiece: i32;
  /** -0, with which sums begin where there is no bias. */
  nothing: f32;
  /** Most features of a block in scratch memory. */
  local: i32;
  /** Bytes of the rounded inputs of a block, see rounded-inputs.ts; 0 where none are. */
  rounded: i32;
  /** In the order in which they are applied. */
  stageCount: i32;
}

/** Most inputs that outputs are computed from at a time: of a tile, they take 24 KiB of the first-level cache. */
export const INPUTS: i32 = 384;
/** Most outputs of a group. */
export const GROUP: i32 = 6;
