import { BLOCK_BYTES, Block, setInputs, setOutputs } from "../products/block";
import { GROUP, INPUTS, ProductCall } from "../products/product-call";
import { runStage } from "../products/run-stage";
import { Stage, TILE } from "../program";

/** An item is blocks, or a part of one, for some tiles. Those of the same weights follow one another. */
export function product(call: ProductCall, item: i32, scratch: usize): void {
  const slabs = (call.tiles + call.tilesOfItem - 1) / call.tilesOfItem;
  const firstTile = (item % slabs) * call.tilesOfItem;
  const tiles = min(call.tilesOfItem, call.tiles - firstTile);
  const piece = item / slabs;
  const block = changetype<Block>(scratch);
  block.first = 0;
  block.end = call.b;
  if (call.parts === 1) {
    const start = piece * call.blocksOfItem;
    const end = min(start + call.blocksOfItem, call.a * call.d);
    for (let index = start; index < end; index++) runBlock(call, block, index, firstTile, tiles);
    return;
  }
  const part = piece % call.parts;
  block.first = part * call.outputsOfPart;
  if (part + 1 < call.parts) block.end = block.first + call.outputsOfPart;
  runBlock(call, block, piece / call.parts, firstTile, tiles);
}

function runBlock(call: ProductCall, block: Block, index: i32, firstTile: i32, tiles: i32): void {
  const d = call.d;
  const i = index / d;
  const k = index % d;
  const row = (<usize>call.width) << 2;
  const xRow = <usize>d * row;
  const xTile = <usize>(call.a * call.c) * xRow;
  const yTile = <usize>(call.a * call.b) * xRow;
  const isEnd = firstTile + tiles === call.tiles;
  const lastRow = isEnd ? (<usize>call.lastWidth) << 2 : row;
  const stages = changetype<usize>(call) + offsetof<ProductCall>();
  const first = changetype<Stage>(stages);
  const last = call.stageCount - 1;
  const x = call.x + <usize>(i * call.c * d + k) * row + <usize>firstTile * xTile;
  const output = i * call.b * d + k;
  const y = call.y + <usize>output * row + <usize>firstTile * yTile;
  const hasBias = call.bias !== 0;
  const bias = hasBias
    ? call.bias + ((<usize>output) << 2)
    : changetype<usize>(call) + offsetof<ProductCall>("nothing");
  const biasRow: usize = hasBias ? (<usize>d) << 2 : 0;
  const gathers = call.width === TILE && collides(first, d);
  if (last === 0 && !gathers) {
    setInputs(block, x, xRow, xTile, tiles, lastRow);
    setOutputs(block, y, xRow, yTile, bias, biasRow, true);
    runStage(call, block, first, i, k);
    return;
  }
  const widened = changetype<usize>(block) + BLOCK_BYTES;
  const buffers = widened + (call.half !== 0 ? <usize>(INPUTS * GROUP * 4) : 0);
  const nothing = changetype<usize>(call) + offsetof<ProductCall>("nothing");
  for (let tile = 0; tile < tiles; tile++) {
    let next = buffers;
    let other = buffers + <usize>call.local * row;
    const computed = tile === tiles - 1 ? lastRow : row;
    setInputs(block, x + <usize>tile * xTile, xRow, 0, 1, computed);
    if (gathers) {
      gather(call.c, block.x, xRow, next);
      setInputs(block, next, row, 0, 1, computed);
      next = other;
      other = buffers;
    }
    for (let at = 0; at < last; at++) {
      const stage = changetype<Stage>(stages + <usize>at * offsetof<Stage>());
      setOutputs(block, next, row, 0, nothing, 0, false);
      runStage(call, block, stage, i, k);
      setInputs(block, next, row, 0, 1, computed);
      const free = other;
      other = next;
      next = free;
    }
    setOutputs(block, y + <usize>tile * yTile, xRow, 0, bias, biasRow, true);
    runStage(call, block, changetype<Stage>(stages + <usize>last * offsetof<Stage>()), i, k);
  }
}

/** Lines that can be in the first-level cache when their addresses are 4096 apart: ways. Most have 8. */
const WAYS: i32 = 8;
/** Lines at as many different addresses below 4096. */
const SETS: i32 = 64;

/**
 * Whether the inputs of a block of the stage, which every group of outputs reads, would drive each other out of
 * the first-level cache, as those of addresses that are a large power of two apart do.
 */
function collides(stage: Stage, d: i32): bool {
  const shift = min(6, ctz(stage.d * d));
  return shift > 0 && stage.b > GROUP && stage.c > WAYS * (SETS >> shift);
}

/** Copies rows of a tile, one after the other. */
function gather(rows: i32, from: usize, row: usize, to: usize): void {
  for (let l = 0; l < rows; l++) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    v128.store(to, v128.load(from, 32), 32);
    v128.store(to, v128.load(from, 48), 48);
    from += row;
    to += 64;
  }
}
