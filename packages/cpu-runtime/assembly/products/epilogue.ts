import { activateNumbers } from "../activations";
import { IDENTITY } from "../kernel-options";
import { Block } from "./block";
import { ProductCall } from "./product-call";

export function hasEpilogue(call: ProductCall): bool {
  return call.activation !== IDENTITY || call.multiplier !== 0 || call.addend !== 0;
}

/** What follows the sums, for rows of a tile, while they are in the first-level cache. */
export function finish(call: ProductCall, y: usize, yRow: usize, rows: i32, bytes: usize): void {
  if (!hasEpilogue(call)) return;
  if (yRow === bytes) {
    finishNumbers(call, y, <usize>rows * bytes);
    return;
  }
  for (let o = 0; o < rows; o++) {
    finishNumbers(call, y, bytes);
    y += yRow;
  }
}

/** Biases and what follows the sums, for rows of all tiles of a block that follow one another from row `first`. */
export function finishRows(call: ProductCall, block: Block, first: usize, rows: i32): void {
  const bytes = (<usize>block.width) << 2;
  let y = block.y + first * block.yRow;
  for (let tile = 0; tile < block.tiles; tile++) {
    if (block.biasRow !== 0) {
      addBiases(y, block.yRow, block.bias + first * block.biasRow, block.biasRow, rows, bytes);
    }
    finish(call, y, block.yRow, rows, bytes);
    y += block.yTile;
  }
}

function addBiases(
  y: usize,
  yRow: usize,
  bias: usize,
  biasRow: usize,
  rows: i32,
  bytes: usize,
): void {
  if (bytes === 4 && yRow === 4 && biasRow === 4) {
    for (; rows >= 4; rows -= 4, y += 16, bias += 16) {
      v128.store(y, f32x4.add(v128.load(y), v128.load(bias)));
    }
  }
  for (; rows > 0; rows--, y += yRow, bias += biasRow) {
    if (bytes === 4) {
      store<f32>(y, load<f32>(y) + load<f32>(bias));
      continue;
    }
    const number = v128.load32_splat(bias);
    for (let at: usize = 0; at < bytes; at += 16) {
      v128.store(y + at, f32x4.add(v128.load(y + at), number));
    }
  }
}

/** The same for numbers that follow one another. */
function finishNumbers(call: ProductCall, y: usize, bytes: usize): void {
  if (call.activation !== IDENTITY) activateNumbers(call.activation, call.parameter, y, y, bytes);
  const offset = y - call.y;
  const end = y + bytes;
  const whole = end - 15;
  if (call.multiplier !== 0) {
    let other = call.multiplier + offset;
    let to = y;
    for (; to < whole; to += 16, other += 16) {
      v128.store(to, f32x4.mul(v128.load(to), v128.load(other)));
    }
    for (; to < end; to += 4, other += 4) store<f32>(to, load<f32>(to) * load<f32>(other));
  }
  if (call.addend !== 0) {
    let other = call.addend + offset;
    let to = y;
    for (; to < whole; to += 16, other += 16) {
      v128.store(to, f32x4.add(v128.load(to), v128.load(other)));
    }
    for (; to < end; to += 4, other += 4) store<f32>(to, load<f32>(to) + load<f32>(other));
  }
}
