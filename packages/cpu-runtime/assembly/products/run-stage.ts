import { BIPOLAR } from "../kernel-options";
import { Stage, TILE } from "../program";
import { BLOCK_BYTES, Block } from "./block";
import { runComplex } from "./complex";
import { finish, finishRows } from "./epilogue";
import { bytesBefore, rowBytes } from "./few-bits";
import {
  multiplySixesForOne,
  multiplySmallBlocksForFew,
  multiplySmallBlocksForOne,
} from "./few-vectors";
import { multiplyFloatCodes } from "./float-codes";
import { groupSize, isSmall, multiplyGroup, multiplyGroupForOne, outputsInSixes } from "./group";
import { multiplySixes } from "./groups-of-six";
import { widenHalves } from "./halves";
import { GROUP, INPUTS, ProductCall } from "./product-call";
import { offsetOf, roundInputs } from "./round-inputs";
import { multiplyRounded } from "./rounded-inputs";
import { multiplySmallBlocks } from "./small-blocks";
import { unpackFewBits } from "./unpack-few-bits";

/** The values of a stage within block `(i, k)` of the pass. */
export function valuesOf(call: ProductCall, stage: Stage, i: i32, k: i32): usize {
  // Divisions only where they are needed: blocks are as small as 2 x 2.
  const innerA = call.innerA;
  const outerD = call.outerD;
  let values = stage.values;
  if (innerA === 1) values += <usize>i * stage.outerI;
  else values += <usize>(i / innerA) * stage.outerI + <usize>(i % innerA) * stage.innerI;
  if (k < outerD) values += <usize>k * stage.outerK;
  else values += <usize>(k % outerD) * stage.outerK + <usize>(k / outerD) * stage.innerK;
  return values;
}

/** Whether the values are those of real numbers in single precision, and inputs are few enough to be read at once. */
export function isPlain(call: ProductCall, stage: Stage): bool {
  return call.parts === 1 && call.bits === 32 && stage.c <= INPUTS;
}

/**
 * Blocks of few outputs, no group of six: finding each would take longer than its sums.
 *
 * @param a blocks along a, of which each has `count` along d, where there are `d`
 * @param values of the first block; those of the next lie `valuesI` and `valuesK` away
 */
export function multiplySmall(
  block: Block,
  a: i32,
  b: i32,
  c: i32,
  d: i32,
  count: i32,
  values: usize,
  valuesI: usize,
  valuesK: usize,
): void {
  if (block.width === TILE) {
    multiplySmallBlocks(block, a, b, c, d, count, values, valuesI, valuesK);
  } else if (block.width === 1) {
    multiplySmallBlocksForOne(block, a, b, c, d, count, values, valuesI, valuesK);
  } else {
    multiplySmallBlocksForFew(block, a, b, c, d, count, values, valuesI, valuesK);
  }
}

/** Outputs `first` to `end - 1` of every block: those behind the groups of six. */
function multiplyRest(
  call: ProductCall,
  block: Block,
  stage: Stage,
  first: i32,
  end: i32,
  values: usize,
): void {
  const b = stage.b;
  const c = stage.c;
  const d = stage.d;
  const x = block.x;
  const y = block.y;
  for (let i = 0; i < stage.a; i++) {
    const output = <usize>((i * b + first) * d);
    const weights = values + <usize>i * stage.innerI + <usize>(4 * first * c);
    block.x = x + <usize>(i * c * d) * block.xRow;
    block.y = y + output * block.yRow;
    multiplySmall(block, 1, end - first, c, d, d, weights, 0, stage.innerK);
    block.y = y;
    if (block.finishes && block.follows) finishRows(call, block, output, (end - first) * d);
  }
  block.x = x;
}

/** A stage within block `(i, k)` of the pass. */
export function runStage(call: ProductCall, block: Block, stage: Stage, i: i32, k: i32): void {
  const values = valuesOf(call, stage, i, k);
  const a = stage.a;
  const d = stage.d;
  const plain = isPlain(call, stage);
  if (plain && isSmall(stage.b)) {
    multiplySmall(block, a, stage.b, stage.c, d, d, values, stage.innerI, stage.innerK);
    if (block.finishes && block.follows) finishRows(call, block, 0, a * stage.b * d);
    return;
  }
  // Only where the stage is one block are its outputs divided.
  const isDivided = block.finishes && a * d === 1;
  const first = isDivided ? block.first : 0;
  const end = isDivided ? block.end : stage.b;
  if (!plain) {
    runBlocksOfStage(call, block, stage, first, end, values);
    return;
  }
  // Sums of an output are in the same order, however many vectors there are but one.
  const sixes = outputsInSixes(stage.b);
  const rest = max(first, sixes);
  const stop = min(end, sixes);
  if (first < stop) {
    if (block.width === TILE) multiplySixes(call, block, stage, first, stop, values);
    else if (block.width === 1) multiplySixesForOne(call, block, stage, first, stop, values);
    else runBlocksOfStage(call, block, stage, first, stop, values);
  }
  if (rest < end) multiplyRest(call, block, stage, rest, end, values);
}

/** Outputs `first` to `end - 1` of every block of a stage, group by group. */
function runBlocksOfStage(
  call: ProductCall,
  block: Block,
  stage: Stage,
  first: i32,
  end: i32,
  values: usize,
): void {
  const a = stage.a;
  const d = stage.d;
  const xRow = <usize>d * block.xRow;
  const yRow = <usize>d * block.yRow;
  const biasRow = <usize>d * block.biasRow;
  for (let p = 0; p < a; p++) {
    for (let q = 0; q < d; q++) {
      const output = <usize>(p * stage.b * d + q);
      const weights = values + <usize>p * stage.innerI + <usize>q * stage.innerK;
      if (call.parts === 2) {
        const from = block.x + <usize>(p * stage.c * d + q) * block.xRow;
        runComplex(
          block,
          stage.c,
          weights,
          first,
          end,
          from,
          xRow,
          block.y + output * block.yRow,
          yRow,
        );
        continue;
      }
      runGroups(
        call,
        block,
        stage,
        weights,
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
  const sixes = outputsInSixes(b);
  const c = stage.c;
  const tiles = block.tiles;
  const bits = call.bits;
  const ofOutput = bits < 16 ? rowBytes(c, bits) : 0;
  const isOne = block.width === 1;
  const row = (<usize>block.width) << 2;
  const widened = changetype<usize>(block) + BLOCK_BYTES;
  let inputs = c;
  if (c > INPUTS) {
    const divisions = (c + INPUTS - 1) / INPUTS;
    inputs = (c + divisions - 1) / divisions;
    inputs = bits < 16 ? (inputs + 31) & ~31 : (inputs + 3) & ~3;
  }
  const inputsOfOne = widened + <usize>(INPUTS * GROUP * 4);
  const codes = call.codes;
  const areFloats = codes > BIPOLAR;
  let from = first;
  if (
    isOne &&
    bits < 16 &&
    !areFloats &&
    roundInputs(c, bits, x, xRow, inputsOfOne, widened, offsetOf(bits, codes))
  ) {
    from = multiplyRounded(
      first,
      end,
      b,
      sixes,
      bits,
      codes,
      c,
      values,
      inputsOfOne,
      y,
      yRow,
      bias,
      biasRow,
    );
  }
  while (from < end) {
    const to = tiles > 1 ? end : from + groupSize(b, sixes, from);
    const size = to - from;
    if (isOne && areFloats && size >= 4) {
      const weights = values + <usize>(from * ofOutput);
      const sums = y + <usize>from * yRow;
      const biases = bias + <usize>from * biasRow;
      multiplyFloatCodes(size, codes, c, weights, x, xRow, widened, sums, yRow, biases, biasRow);
      from = to;
      continue;
    }
    for (let l = 0; l < c; l += inputs) {
      const count = min(inputs, c - l);
      const rows = x + <usize>l * xRow;
      multiplyInputs(
        call,
        block,
        b,
        c,
        values,
        from,
        to,
        l,
        count,
        rows,
        xRow,
        y,
        yRow,
        bias,
        biasRow,
      );
    }
    from = to;
  }
  if (isOne && block.finishes) finish(call, y + <usize>first * yRow, yRow, end - first, row);
}

/**
 * What inputs `l` to `l + count - 1` of a block with `c` of them, which lie at `x`, add to its outputs `first` to
 * `end - 1`. Those before them come first; behind the last ones follows what follows the sums.
 *
 * @param values of the block
 * @param y of the first output of the block
 */
export function multiplyInputs(
  call: ProductCall,
  block: Block,
  b: i32,
  c: i32,
  values: usize,
  first: i32,
  end: i32,
  l: i32,
  count: i32,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
  bias: usize,
  biasRow: usize,
): void {
  const sixes = outputsInSixes(b);
  const tiles = block.tiles;
  const bits = call.bits;
  const ofOutput = bits < 16 ? rowBytes(c, bits) : 0;
  const isOne = block.width === 1;
  const row = (<usize>block.width) << 2;
  const widened = changetype<usize>(block) + BLOCK_BYTES;
  const finishes = block.finishes && l + count === c;
  for (let j = first; j < end; ) {
    const size = groupSize(b, sixes, j);
    let weights =
      bits < 16
        ? values + <usize>(j * ofOutput + size * bytesBefore(l, bits))
        : values + ((<usize>(j * c + l * size)) << (bits === 16 ? 1 : 2));
    if (bits < 16 || (bits === 16 && !(isOne && size === GROUP))) {
      if (bits === 16) widenHalves(weights, widened, count * size);
      else unpackFewBits(weights, widened, count, size, bits, call.codes);
      weights = widened;
    }
    let sums = y + <usize>j * yRow;
    const biases = bias + <usize>j * biasRow;
    if (isOne) {
      const start = l > 0 ? sums : biases;
      const startRow = l > 0 ? yRow : biasRow;
      const half = bits === 16;
      multiplyGroupForOne(size, half, count, weights, x, xRow, sums, yRow, start, startRow);
    } else {
      let rows = x;
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
