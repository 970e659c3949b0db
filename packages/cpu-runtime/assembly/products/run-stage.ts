import { Stage, TILE } from "../program";
import { BLOCK_BYTES, Block } from "./block";
import { finish, finishBlock } from "./epilogue";
import { groupSize, multiplyGroup, multiplyGroupForOne } from "./group";
import { widenHalves } from "./halves";
import { GROUP, INPUTS, ProductCall } from "./product-call";
import { isSmall, multiplySmallBlocks } from "./small-blocks";

/** A stage within block `(i, k)` of the pass. */
export function runStage(call: ProductCall, block: Block, stage: Stage, i: i32, k: i32): void {
  const innerA = call.innerA;
  const outerD = call.outerD;
  const values =
    stage.values +
    <usize>(i / innerA) * stage.outerI +
    <usize>(i % innerA) * stage.innerI +
    <usize>(k % outerD) * stage.outerK +
    <usize>(k / outerD) * stage.innerK;
  const d = stage.d;
  const xRow = <usize>d * block.xRow;
  const yRow = <usize>d * block.yRow;
  const biasRow = <usize>d * block.biasRow;
  // Only where the stage is one block are its outputs divided.
  if (call.width === TILE && call.half === 0 && stage.c <= INPUTS && isSmall(stage.b)) {
    multiplySmallBlocks(
      stage.a,
      stage.b,
      stage.c,
      d,
      d,
      values,
      stage.innerI,
      stage.innerK,
      block.tiles,
      block.x,
      block.xRow,
      block.xTile,
      block.y,
      block.yRow,
      block.yTile,
      block.bias,
      block.biasRow,
    );
    if (block.finishes) finishBlock(call, block, stage.a * stage.b * d);
    return;
  }
  const isOne = stage.a * d === 1;
  const first = isOne && block.finishes ? block.first : 0;
  const end = isOne && block.finishes ? block.end : stage.b;
  for (let p = 0; p < stage.a; p++) {
    for (let q = 0; q < d; q++) {
      const output = <usize>(p * stage.b * d + q);
      runGroups(
        call,
        block,
        stage,
        values + <usize>p * stage.innerI + <usize>q * stage.innerK,
        first,
        end,
        block.x + <usize>(p * stage.c * d + q) * block.xRow,
        xRow,
        block.y + output * block.yRow,
        yRow,
        block.bias + output * block.biasRow,
        biasRow,
      );
    }
  }
}

/**
 * Outputs `first` to `end - 1` of one block of a stage. Where there are several tiles, all groups go through a
 * part of the inputs together, which then stays in the cache; the weights of a group are in it for all tiles.
 */
function runGroups(
  call: ProductCall,
  block: Block,
  stage: Stage,
  values: usize,
  first: i32,
  end: i32,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
  bias: usize,
  biasRow: usize,
): void {
  const b = stage.b;
  const c = stage.c;
  const tiles = block.tiles;
  const half = call.half !== 0;
  const isOne = call.width === 1;
  const row = (<usize>call.width) << 2;
  const widened = changetype<usize>(block) + BLOCK_BYTES;
  const divisions = (c + INPUTS - 1) / INPUTS;
  const inputs = ((c + divisions - 1) / divisions + 3) & ~3;
  for (let from = first; from < end; ) {
    const to = tiles > 1 ? end : from + groupSize(b - from);
    for (let l = 0; l < c; l += inputs) {
      const count = min(inputs, c - l);
      const finishes = block.finishes && l + count === c;
      for (let j = from; j < to; ) {
        const size = groupSize(b - j);
        let weights = values + ((<usize>(j * c + l * size)) << (half ? 1 : 2));
        if (half && !(isOne && size === GROUP)) {
          widenHalves(weights, widened, count * size);
          weights = widened;
        }
        let rows = x + <usize>l * xRow;
        let sums = y + <usize>j * yRow;
        const biases = bias + <usize>j * biasRow;
        if (isOne) {
          const start = l > 0 ? sums : biases;
          const startRow = l > 0 ? yRow : biasRow;
          multiplyGroupForOne(size, half, count, weights, rows, xRow, sums, yRow, start, startRow);
        } else {
          for (let tile = 0; tile < tiles; tile++) {
            multiplyGroup(
              size,
              tile === tiles - 1 ? block.lastRow : row,
              count,
              weights,
              rows,
              xRow,
              sums,
              yRow,
              biases,
              biasRow,
              l > 0,
            );
            if (finishes) finish(call, sums, yRow, size, row);
            rows += block.xTile;
            sums += block.yTile;
          }
        }
        j += size;
      }
    }
    from = to;
  }
  if (isOne && block.finishes) finish(call, y + <usize>first * yRow, yRow, end - first, row);
}
