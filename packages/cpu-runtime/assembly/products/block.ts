/** What is computed of a block of the product: the thread has it in its scratch memory. */
@unmanaged
export class Block {
  /** Outputs of the last stage. */
  first: i32;
  end: i32;
  tiles: i32;
  /** Bytes of the vectors of a feature that are computed of the last of these tiles. */
  lastRow: usize;
  x: usize;
  xRow: usize;
  xTile: usize;
  y: usize;
  yRow: usize;
  yTile: usize;
  bias: usize;
  biasRow: usize;
  /** Whether these are outputs of the product. */
  finishes: bool;
}

/** Bytes of it, in whole lines. */
export const BLOCK_BYTES: usize = 64;

export function setInputs(
  block: Block,
  x: usize,
  xRow: usize,
  xTile: usize,
  tiles: i32,
  lastRow: usize,
): void {
  block.x = x;
  block.xRow = xRow;
  block.xTile = xTile;
  block.tiles = tiles;
  block.lastRow = lastRow;
}

export function setOutputs(
  block: Block,
  y: usize,
  yRow: usize,
  yTile: usize,
  bias: usize,
  biasRow: usize,
  finishes: bool,
): void {
  block.y = y;
  block.yRow = yRow;
  block.yTile = yTile;
  block.bias = bias;
  block.biasRow = biasRow;
  block.finishes = finishes;
}
