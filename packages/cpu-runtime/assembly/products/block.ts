/** Vectors in tiles: the first number, and bytes from a feature, a tile and a part to the next. */
@unmanaged
export class TiledView {
  start: usize;
  row: usize;
  tile: usize;
  /** From the real to the imaginary parts. */
  part: usize;
}

/** What is computed of a pass: the thread has it at the beginning of its scratch memory. */
@unmanaged
export class Block {
  /** Vectors side by side. */
  width: i32;
  tiles: i32;
  /** Bytes of the vectors of a feature that are computed of the last of these tiles: of two, or of fours. */
  lastRow: usize;
  /** Tiles that go through several stages together. */
  chunk: i32;
  /** Outputs of the last stage. */
  first: i32;
  end: i32;
  /** What the stage at hand reads and writes. */
  x: usize;
  xRow: usize;
  xTile: usize;
  xPart: usize;
  y: usize;
  yRow: usize;
  yTile: usize;
  yPart: usize;
  bias: usize;
  biasRow: usize;
  /** Whether these are outputs of the product. */
  finishes: bool;
  /** Whether inputs of a block are copied before its first stage. */
  copies: bool;
  /** Whether anything follows the sums: biases, or the epilogue. */
  follows: bool;
}

/** Bytes of it, in whole lines. */
export const BLOCK_BYTES: usize = 128;

/** Where the vectors of a product are: behind its block, in the same memory. */
export function inputsOf(block: Block): TiledView {
  return changetype<TiledView>(changetype<usize>(block) + BLOCK_BYTES - 2 * offsetof<TiledView>());
}

export function outputsOf(block: Block): TiledView {
  return changetype<TiledView>(changetype<usize>(block) + BLOCK_BYTES - offsetof<TiledView>());
}

export function setView(view: TiledView, start: usize, row: usize, tile: usize, part: usize): void {
  view.start = start;
  view.row = row;
  view.tile = tile;
  view.part = part;
}

export function setInputs(block: Block, x: usize, xRow: usize, xTile: usize, xPart: usize): void {
  block.x = x;
  block.xRow = xRow;
  block.xTile = xTile;
  block.xPart = xPart;
}

export function setOutputs(
  block: Block,
  y: usize,
  yRow: usize,
  yTile: usize,
  yPart: usize,
  bias: usize,
  biasRow: usize,
  finishes: bool,
): void {
  block.y = y;
  block.yRow = yRow;
  block.yTile = yTile;
  block.yPart = yPart;
  block.bias = bias;
  block.biasRow = biasRow;
  block.finishes = finishes;
}
