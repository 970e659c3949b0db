import { activateNumbers } from "../activations";
import { IDENTITY } from "../kernel-options";
import { Block } from "./block";
import { ProductCall } from "./product-call";

function hasEpilogue(call: ProductCall): bool {
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

/** The same for a whole block, whose rows lie `block.yRow` apart. */
export function finishBlock(call: ProductCall, block: Block, rows: i32): void {
  let y = block.y;
  for (let tile = 0; tile < block.tiles; tile++) {
    finish(call, y, block.yRow, rows, (<usize>call.width) << 2);
    y += block.yTile;
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
