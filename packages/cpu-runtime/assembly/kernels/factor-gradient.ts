import { groupsOfTile, loadGroup, stepOfFeatures } from "../lane-groups";
import { lanesWithin, sumsOfLanes } from "../lanes";
import { tileWidth, vectorInTiles } from "../layout";
import { multiplyAdd } from "../vector-math";

/** Rows and columns of a block that are an item at most, and groups of vectors that are packed together. */
const STRIP: i32 = 48;
const CHUNK: i32 = 64;

/** The gradient of a factor's values, as `src/kernels/factor-gradient.ts` says. */
@unmanaged
export class FactorGradientCall {
  x: usize;
  dy: usize;
  /** A vector of all values for each part of the batch. */
  parts: usize;
  vectors: i32;
  a: i32;
  b: i32;
  c: i32;
  d: i32;
  /** Blocks that are an item: one where it is divided into strips. */
  blocksEach: i32;
  partCount: i32;
  /** Groups of four vectors that are a part. */
  groupsEach: i32;
}

/** An item is a strip of the rows and columns of a block, or several blocks, and a part of the batch. */
export function factorGradient(call: FactorGradientCall, item: i32, scratch: usize): void {
  const part = item % call.partCount;
  const columnStrips = (call.c + STRIP - 1) / STRIP;
  const strips = ((call.b + STRIP - 1) / STRIP) * columnStrips;
  const strip = (item / call.partCount) % strips;
  const row = (strip / columnStrips) * STRIP;
  const column = (strip % columnStrips) * STRIP;
  const block = (item / call.partCount / strips) * call.blocksEach;
  const end = min(call.a * call.d, block + call.blocksEach);
  for (let at = block; at < end; at++) gradientOfBlock(call, at, row, column, part, scratch);
}

/** Scratch memory holds the pairs of rows of both operands, and four sums of each value. */
function gradientOfBlock(
  call: FactorGradientCall,
  block: i32,
  row: i32,
  column: i32,
  part: i32,
  scratch: usize,
): void {
  const d = call.d;
  const i = block / d;
  const k = block % d;
  const rows = min(STRIP, call.b - row);
  const columns = min(STRIP, call.c - column);
  const rowPairs = (rows + 1) >> 1;
  const columnPairs = (columns + 1) >> 1;
  const outputs = scratch;
  const inputs = outputs + ((<usize>(rowPairs * CHUNK)) << 5);
  const sums = inputs + ((<usize>(columnPairs * CHUNK)) << 5);
  const groups = (call.vectors + 3) >> 2;
  const start = part * call.groupsEach;
  const end = min(groups, start + call.groupsEach);
  for (let first = start; first < end; first += CHUNK) {
    const count = min(CHUNK, end - first);
    const firstRow = (i * call.b + row) * d + k;
    const firstColumn = (i * call.c + column) * d + k;
    if (tileWidth(call.vectors) === 1) {
      packPairs<f32>(call, call.dy, call.a * call.b * d, firstRow, rows, first, count, outputs);
      packPairs<f32>(call, call.x, call.a * call.c * d, firstColumn, columns, first, count, inputs);
    } else {
      packPairs<v128>(call, call.dy, call.a * call.b * d, firstRow, rows, first, count, outputs);
      packPairs<v128>(
        call,
        call.x,
        call.a * call.c * d,
        firstColumn,
        columns,
        first,
        count,
        inputs,
      );
    }
    addProducts(outputs, rowPairs, inputs, columnPairs, count, sums, first > start);
  }

  const width = tileWidth(call.partCount);
  const step = (<usize>width) << 2;
  const to = vectorInTiles(call.parts, part, call.a * call.b * call.c * d, width);
  const nextColumn = <usize>d * step;
  const nextRow = <usize>call.c * nextColumn;
  let pair = sums;
  for (let j = 0; j < rows; j += 2) {
    const value = ((i * call.b + row + j) * call.c + column) * d + k;
    let at = to + <usize>value * step;
    for (let l = 0; l < columns; l += 2) {
      const totals = sumsOfLanes(
        v128.load(pair),
        v128.load(pair, 16),
        v128.load(pair, 32),
        v128.load(pair, 48),
      );
      v128.store32_lane(at, totals, 0);
      if (l + 1 < columns) v128.store32_lane(at + nextColumn, totals, 1);
      if (j + 1 < rows) {
        v128.store32_lane(at + nextRow, totals, 2);
        if (l + 1 < columns) v128.store32_lane(at + nextRow + nextColumn, totals, 3);
      }
      at += 2 * nextColumn;
      pair += 64;
    }
  }
}

/**
 * Features that are `d` apart, of `count` groups of vectors: two features side by side for each group, pair after pair.
 * Zeros stand for a feature that is not there, and for lanes without a vector.
 */
function packPairs<T>(
  call: FactorGradientCall,
  vectors: usize,
  features: i32,
  firstFeature: i32,
  rows: i32,
  firstGroup: i32,
  count: i32,
  pairs: usize,
): void {
  const step = stepOfFeatures(call.vectors);
  const ofTile = groupsOfTile(call.vectors);
  const tileBytes = <usize>features * step;
  const endOfTile = (<usize>ofTile) << 4;
  const firstLane = (<usize>(firstGroup % ofTile)) << 4;
  const start = vectors + <usize>(firstGroup / ofTile) * tileBytes + <usize>firstFeature * step;
  // Where the last group has lanes without a vector.
  const left = call.vectors - 4 * (firstGroup + count - 1);
  const bytes = (<usize>count) << 5;
  for (let row = 0; row < rows; row++) {
    let tile = start + <usize>row * <usize>call.d * step;
    let lane = firstLane;
    let to = pairs + <usize>(row >> 1) * bytes + ((<usize>(row & 1)) << 4);
    const end = to + bytes;
    for (; to < end; to += 32) {
      v128.store(to, loadGroup<T>(tile + lane));
      lane += 16;
      if (lane === endOfTile) {
        lane = 0;
        tile += tileBytes;
      }
    }
    if (left < 4) {
      const last = end - 32;
      v128.store(last, v128.and(v128.load(last), lanesWithin(0, left)));
    }
  }
  if ((rows & 1) !== 0) {
    let to = pairs + <usize>(rows >> 1) * bytes + 16;
    const end = to + bytes;
    for (; to < end; to += 32) v128.store(to, f32x4.splat(0));
  }
}

/** Takes the products of all pairs of rows and pairs of columns into their sums, or begins these. */
function addProducts(
  outputs: usize,
  rowPairs: i32,
  inputs: usize,
  columnPairs: i32,
  count: i32,
  sums: usize,
  adds: bool,
): void {
  const bytes = (<usize>count) << 5;
  const rowOfSums = (<usize>columnPairs) << 6;
  for (let j = 0; j < rowPairs; ) {
    const y = outputs + <usize>j * bytes;
    const sum = sums + <usize>j * rowOfSums;
    const left = rowPairs - j;
    // Four pairs are two and two: fewer sums at a time wait for one another.
    if (left === 3 || left > 4) {
      for (let l = 0; l < columnPairs; l++) {
        sixByTwo(y, inputs + <usize>l * bytes, bytes, sum + ((<usize>l) << 6), rowOfSums, adds);
      }
      j += 3;
    } else if (left !== 1) {
      for (let l = 0; l < columnPairs; l++) {
        fourByTwo(y, inputs + <usize>l * bytes, bytes, sum + ((<usize>l) << 6), rowOfSums, adds);
      }
      j += 2;
    } else {
      for (let l = 0; l < columnPairs; l++) {
        twoByTwo(y, inputs + <usize>l * bytes, bytes, sum + ((<usize>l) << 6), adds);
      }
      j++;
    }
  }
}

/** Three pairs of rows and one of columns: twelve sums, and what they are made of, are all registers. */
function sixByTwo(y: usize, x: usize, bytes: usize, to: usize, step: usize, adds: bool): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s4 = s0;
  let s5 = s0;
  let s6 = s0;
  let s7 = s0;
  let s8 = s0;
  let s9 = s0;
  let s10 = s0;
  let s11 = s0;
  let second = y + bytes;
  let third = second + bytes;
  for (const end = x + bytes; x < end; x += 32) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    let row = v128.load(y);
    s0 = multiplyAdd(row, x0, s0);
    s1 = multiplyAdd(row, x1, s1);
    row = v128.load(y, 16);
    s2 = multiplyAdd(row, x0, s2);
    s3 = multiplyAdd(row, x1, s3);
    row = v128.load(second);
    s4 = multiplyAdd(row, x0, s4);
    s5 = multiplyAdd(row, x1, s5);
    row = v128.load(second, 16);
    s6 = multiplyAdd(row, x0, s6);
    s7 = multiplyAdd(row, x1, s7);
    row = v128.load(third);
    s8 = multiplyAdd(row, x0, s8);
    s9 = multiplyAdd(row, x1, s9);
    row = v128.load(third, 16);
    s10 = multiplyAdd(row, x0, s10);
    s11 = multiplyAdd(row, x1, s11);
    y += 32;
    second += 32;
    third += 32;
  }
  storeSums(to, s0, s1, s2, s3, adds);
  storeSums(to + step, s4, s5, s6, s7, adds);
  storeSums(to + 2 * step, s8, s9, s10, s11, adds);
}

function fourByTwo(y: usize, x: usize, bytes: usize, to: usize, step: usize, adds: bool): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s4 = s0;
  let s5 = s0;
  let s6 = s0;
  let s7 = s0;
  let second = y + bytes;
  for (const end = x + bytes; x < end; x += 32) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    let row = v128.load(y);
    s0 = multiplyAdd(row, x0, s0);
    s1 = multiplyAdd(row, x1, s1);
    row = v128.load(y, 16);
    s2 = multiplyAdd(row, x0, s2);
    s3 = multiplyAdd(row, x1, s3);
    row = v128.load(second);
    s4 = multiplyAdd(row, x0, s4);
    s5 = multiplyAdd(row, x1, s5);
    row = v128.load(second, 16);
    s6 = multiplyAdd(row, x0, s6);
    s7 = multiplyAdd(row, x1, s7);
    y += 32;
    second += 32;
  }
  storeSums(to, s0, s1, s2, s3, adds);
  storeSums(to + step, s4, s5, s6, s7, adds);
}

function twoByTwo(y: usize, x: usize, bytes: usize, to: usize, adds: bool): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (const end = x + bytes; x < end; x += 32) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const y0 = v128.load(y);
    const y1 = v128.load(y, 16);
    s0 = multiplyAdd(y0, x0, s0);
    s1 = multiplyAdd(y0, x1, s1);
    s2 = multiplyAdd(y1, x0, s2);
    s3 = multiplyAdd(y1, x1, s3);
    y += 32;
  }
  storeSums(to, s0, s1, s2, s3, adds);
}

function storeSums(to: usize, s0: v128, s1: v128, s2: v128, s3: v128, adds: bool): void {
  if (adds) {
    s0 = f32x4.add(s0, v128.load(to));
    s1 = f32x4.add(s1, v128.load(to, 16));
    s2 = f32x4.add(s2, v128.load(to, 32));
    s3 = f32x4.add(s3, v128.load(to, 48));
  }
  v128.store(to, s0);
  v128.store(to, s1, 16);
  v128.store(to, s2, 32);
  v128.store(to, s3, 48);
}
