import { Stage, TILE, TILE_BYTES } from "../program";
import { BLOCK_BYTES, Block, inputsOf, outputsOf, setInputs, setOutputs } from "./block";
import { finishRows, hasEpilogue } from "./epilogue";
import { isSmall } from "./group";
import { GROUP, INPUTS, ProductCall } from "./product-call";
import { isPlain, multiplySmall, runStage, valuesOf } from "./run-stage";

/** Begins a pass over the vectors of the block's views. */
export function beginPass(call: ProductCall, block: Block): void {
  block.copies = collides(call, block);
  block.follows = call.bias !== 0 || hasEpilogue(call);
}

/** Blocks `first` to `end - 1` of a pass. */
export function runBlocks(call: ProductCall, block: Block, first: i32, end: i32): void {
  const stage = firstStage(call);
  const d = call.d;
  let i = first / d;
  let k = first % d;
  if (
    call.stageCount > 1 ||
    stage.a * stage.d > 1 ||
    !isPlain(call, stage) ||
    !isSmall(call.b) ||
    block.copies
  ) {
    for (let index = first; index < end; index++) {
      runBlock(call, block, i, k);
      if (++k === d) {
        k = 0;
        i++;
      }
    }
    return;
  }
  // They are multiplied together, all of a row or some along d: finding each would take longer than its sums.
  const finishes = block.follows;
  const outerD = call.outerD;
  const x = inputsOf(block);
  const y = outputsOf(block);
  for (let index = first; index < end; ) {
    const isWhole = k === 0 && outerD === d && call.innerA === 1 && end - index >= d;
    // What follows the sums finds them in a cache.
    const a = !isWhole ? 1 : finishes ? 1 : (end - index) / d;
    const count = isWhole ? d : min(outerD - (k % outerD), end - index);
    const output = i * call.b * d + k;
    const from = x.start + <usize>(i * call.c * d + k) * x.row;
    setInputs(block, from, x.row, x.tile, x.part);
    const to = y.start + <usize>output * y.row;
    setOutputs(block, to, y.row, y.tile, y.part, biasOf(call, output), biasRowOf(call), true);
    const values = valuesOf(call, stage, i, k);
    multiplySmall(block, a, call.b, call.c, d, count, values, stage.outerI, stage.outerK);
    if (finishes) {
      for (let j = 0; j < call.b; j++) finishRows(call, block, <usize>(j * d), count);
    }
    index += a * count;
    k += count;
    if (k === d) {
      k = 0;
      i += a;
    }
  }
}

/** Outputs `block.first` to `block.end - 1` of one block of a pass; all of them where it has several stages. */
export function runBlock(call: ProductCall, block: Block, i: i32, k: i32): void {
  const d = call.d;
  const from = inputsOf(block);
  const to = outputsOf(block);
  const tiles = block.tiles;
  const lastRow = block.lastRow;
  const stages = changetype<usize>(firstStage(call));
  const last = call.stageCount - 1;
  const x = from.start + <usize>(i * call.c * d + k) * from.row;
  const xRow = <usize>d * from.row;
  const output = i * call.b * d + k;
  const y = to.start + <usize>output * to.row;
  const yRow = <usize>d * to.row;
  const bias = biasOf(call, output);
  const biasRow = <usize>d * biasRowOf(call);
  const copies = block.copies;
  const row = (<usize>block.width) << 2;
  const widened = changetype<usize>(block) + BLOCK_BYTES;
  const buffers =
    widened + (call.bits < 32 ? <usize>(INPUTS * GROUP * 4) : 0) + <usize>call.rounded;
  const nothing = changetype<usize>(call) + offsetof<ProductCall>("nothing");
  const chunk = last > 0 || copies ? block.chunk : tiles;
  const parts = call.parts;
  // An odd number of lines: rows that are powers of two apart fall on different ones of the cache.
  const local = <usize>((parts * chunk) | 1) * row;
  const part = <usize>chunk * row;
  for (let tile = 0; tile < tiles; tile += chunk) {
    let next = buffers;
    let other = buffers + <usize>call.local * local;
    block.tiles = min(chunk, tiles - tile);
    block.lastRow = tile + chunk >= tiles ? lastRow : row;
    setInputs(block, x + <usize>tile * from.tile, xRow, from.tile, from.part);
    if (copies) {
      copyRows(call.c, parts, block, next, local, part);
      setInputs(block, next, local, row, part);
      next = other;
      other = buffers;
    }
    for (let at = 0; at <= last; at++) {
      if (at < last) setOutputs(block, next, local, row, part, nothing, 0, false);
      else {
        const to0 = y + <usize>tile * to.tile;
        setOutputs(block, to0, yRow, to.tile, to.part, bias, biasRow, true);
      }
      runStage(call, block, changetype<Stage>(stages + <usize>at * offsetof<Stage>()), i, k);
      if (at === last) break;
      setInputs(block, next, local, row, part);
      const free = other;
      other = next;
      next = free;
    }
  }
  block.tiles = tiles;
  block.lastRow = lastRow;
}

export function firstStage(call: ProductCall): Stage {
  return changetype<Stage>(changetype<usize>(call) + offsetof<ProductCall>());
}

/** The first bias of an output's block; -0 where there is none. */
export function biasOf(call: ProductCall, output: i32): usize {
  if (call.bias !== 0) return call.bias + ((<usize>output) << 2);
  return changetype<usize>(call) + offsetof<ProductCall>("nothing");
}

/** From the bias of a feature to the next. */
export function biasRowOf(call: ProductCall): usize {
  return call.bias !== 0 ? 4 : 0;
}

/** Lines that can be in the first-level cache when their addresses are 4096 apart: ways. Most have 8. */
const WAYS: i32 = 8;
/** Lines at as many different addresses below 4096. */
const SETS: i32 = 64;

/**
 * Whether the inputs of a block of the first stage, which every group of outputs reads, would drive each other out of
 * the first-level cache, as those of addresses that are a large power of two apart do: they are copied then.
 */
function collides(call: ProductCall, block: Block): bool {
  if (block.width !== TILE) return false;
  const stage = firstStage(call);
  const distance = <usize>(stage.d * call.d) * inputsOf(block).row;
  if ((distance & (TILE_BYTES - 1)) !== 0) return false;
  const shift = min(6, ctz(<i32>(distance / TILE_BYTES)));
  return (
    shift > 0 &&
    stage.b > (call.parts === 1 ? 8 : 2) &&
    5 * stage.c * call.parts > 4 * WAYS * (SETS >> shift)
  );
}

/** Copies the inputs of a block, rows of tiles side by side, the parts of a feature too. */
function copyRows(rows: i32, parts: i32, block: Block, y: usize, yRow: usize, yPart: usize): void {
  let x = block.x;
  for (let l = 0; l < rows; l++) {
    for (let part = 0; part < parts; part++) {
      let from = x + <usize>part * block.xPart;
      let to = y + <usize>part * yPart;
      for (let tile = 0; tile < block.tiles; tile++) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
        v128.store(to, v128.load(from, 32), 32);
        v128.store(to, v128.load(from, 48), 48);
        from += block.xTile;
        to += TILE_BYTES;
      }
    }
    x += block.xRow;
    y += yRow;
  }
}
