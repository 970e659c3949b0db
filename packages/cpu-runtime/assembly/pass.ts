import { FEW_VECTORS, Pass, Stage, TILE_BYTES, tilesOf } from "./program";
import { complexOutput, eightSums, oneOutput, twoOutputs } from "./tile";

/** Where vectors lie, `[features, vectors]`: the first one, and how far apart features and parts are. */
@unmanaged
export class VectorView {
  start: usize;
  row: usize;
  part: usize;
}

/** Outputs that are not divided between threads: as many as {@link eightSums} computes. */
const GROUP: i32 = 8;

/** Groups of outputs into which a block of the pass is divided: one where it has stages, which need all. */
function groupsOf(pass: Pass): i32 {
  return pass.stageCount === 1 ? (pass.b + GROUP - 1) / GROUP : 1;
}

/** Pieces into which the work of a pass can be divided. */
export function piecesOf(pass: Pass): i64 {
  return <i64>pass.a * pass.d * groupsOf(pass);
}

/**
 * Applies the stages of a pass to some of its pieces, for so many `columns` of vectors, `chunk` tiles of them
 * at a time. Between the stages a block lies in `scratch`, which the first-level cache holds.
 */
export function runPass(
  pass: Pass,
  parts: i32,
  firstPiece: i64,
  endPiece: i64,
  columns: i32,
  chunk: i32,
  from: VectorView,
  to: VectorView,
  scratch: usize,
  scratchBytes: usize,
): void {
  const d = pass.d;
  const last = pass.stageCount - 1;
  const gathers = collides(changetype<Stage>(pass.stages), <usize>d * from.row);
  const tiles = tilesOf(columns);
  const groups = groupsOf(pass);
  if (
    last === 0 &&
    groups === 1 &&
    parts === 1 &&
    columns > FEW_VECTORS &&
    tiles <= chunk &&
    !gathers
  ) {
    runSmallBlocks(pass, <i32>firstPiece, <i32>endPiece, tiles, from, to);
    return;
  }
  for (let piece = firstPiece; piece < endPiece; ) {
    const block = <i32>(piece / groups);
    const i = block / d;
    const k = block % d;
    const firstGroup = <i32>(piece % groups);
    const endGroup = <i32>min(<i64>groups, firstGroup + (endPiece - piece));
    piece += endGroup - firstGroup;
    for (let first = 0; first < tiles; first += chunk) {
      const count = min(chunk, tiles - first);
      const part = <usize>count * TILE_BYTES;
      // An odd number of lines: rows that are powers of two apart fall on different ones of the cache.
      const row = <usize>((parts * count) | 1) * TILE_BYTES;
      const offset = <usize>first * TILE_BYTES;
      let x = from.start + <usize>(i * pass.c * d + k) * from.row + offset;
      let xRow = <usize>d * from.row;
      let xPart = from.part;
      let next = scratch;
      let other = scratch + scratchBytes;
      if (gathers) {
        copyRows(pass.c, parts, part, x, xRow, xPart, next, row);
        x = next;
        xRow = row;
        xPart = part;
        next = other;
        other = x;
      }
      for (let index = 0; index <= last; index++) {
        const stage = changetype<Stage>(pass.stages + <usize>index * offsetof<Stage>());
        let y = next;
        let yRow = row;
        let yPart = part;
        if (index === last) {
          y = to.start + <usize>(i * pass.b * d + k) * to.row + offset;
          yRow = <usize>d * to.row;
          yPart = to.part;
        }
        const values = stage.values + <usize>i * stage.outerI + <usize>k * stage.outerK;
        const start = groups === 1 ? 0 : firstGroup * GROUP;
        const stop = groups === 1 ? stage.b : min(stage.b, endGroup * GROUP);
        if (parts !== 1) {
          runComplexStage(stage, values, start, stop, count, x, xRow, xPart, y, yRow, yPart);
        } else if (columns <= FEW_VECTORS && stage.b >= GROUP) {
          runStageForFew(stage, values, start, stop, columns, x, xRow, y, yRow);
        } else {
          runStage(stage, values, start, stop, count, x, xRow, y, yRow);
        }
        next = other;
        other = y;
        x = y;
        xRow = yRow;
        xPart = yPart;
      }
    }
  }
}

/** Lines that can be in the first-level cache when their addresses are 4096 apart: ways. Most have 8. */
const WAYS: i32 = 8;
/** Lines at as many different addresses below 4096. */
const SETS: i32 = 64;

/**
 * Whether the inputs of a block of the stage, which are read once for every two outputs, would drive each
 * other out of the first-level cache, as those of addresses that are a large power of two apart do.
 */
function collides(stage: Stage, row: usize): bool {
  const distance = <usize>stage.d * row;
  if (stage.b <= 2 || (distance & (TILE_BYTES - 1)) !== 0) return false;
  const lines = <i32>(distance / TILE_BYTES);
  const sets = SETS >> min(6, ctz(lines));
  return stage.c * 2 > WAYS * sets;
}

/** Copies rows whose parts are `part` bytes long, the parts of one side by side. */
function copyRows(
  rows: i32,
  parts: i32,
  part: usize,
  x: usize,
  xRow: usize,
  xPart: usize,
  y: usize,
  yRow: usize,
): void {
  for (let l = 0; l < rows; l++) {
    for (let each = 0; each < parts; each++) {
      const from = x + <usize>each * xPart;
      const to = y + <usize>each * part;
      for (let at: usize = 0; at < part; at += TILE_BYTES) {
        v128.store(to + at, v128.load(from + at));
        v128.store(to + at, v128.load(from + at, 16), 16);
        v128.store(to + at, v128.load(from + at, 32), 32);
        v128.store(to + at, v128.load(from + at, 48), 48);
      }
    }
    x += xRow;
    y += yRow;
  }
}

/** The same for the only stage of a pass whose blocks are so small that finding each would take longer. */
function runSmallBlocks(
  pass: Pass,
  first: i32,
  end: i32,
  tiles: i32,
  from: VectorView,
  to: VectorView,
): void {
  const stage = changetype<Stage>(pass.stages);
  const b = pass.b;
  const c = pass.c;
  const d = pass.d;
  for (let block = first; block < end; ) {
    const i = block / d;
    const k = block % d;
    const count = min(d - k, end - block);
    const x = from.start + <usize>(i * c * d + k) * from.row;
    const y = to.start + <usize>(i * b * d + k) * to.row;
    const values = stage.values + <usize>i * stage.outerI + <usize>k * stage.outerK;
    runBlocks(stage, values, 0, b, 1, count, d, 0, stage.outerK, tiles, x, from.row, y, to.row);
    block += count;
  }
}

/** Outputs `first` to `end - 1` of every block of a stage; `first` is even. */
function runStage(
  stage: Stage,
  values: usize,
  first: i32,
  end: i32,
  tiles: i32,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
): void {
  const d = stage.d;
  runBlocks(
    stage,
    values,
    first,
    end,
    stage.a,
    d,
    d,
    stage.innerI,
    stage.innerK,
    tiles,
    x,
    xRow,
    y,
    yRow,
  );
}

/**
 * The same for blocks `a` by `count` of a stage whose `d` may be larger, with the distances of their
 * values. All that it calls is called from here alone, and so becomes a part of it.
 */
function runBlocks(
  stage: Stage,
  values: usize,
  first: i32,
  end: i32,
  a: i32,
  count: i32,
  d: i32,
  valuesI: usize,
  valuesK: usize,
  tiles: i32,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
): void {
  const b = stage.b;
  const c = stage.c;
  const xStep = <usize>d * xRow;
  const yStep = <usize>d * yRow;
  const bytes = <usize>tiles * TILE_BYTES;
  for (let i = 0; i < a; i++) {
    for (let k = 0; k < count; k++) {
      let weights = values + <usize>i * valuesI + <usize>k * valuesK + <usize>(4 * first * c);
      const inputs = x + <usize>(i * c * d + k) * xRow;
      let outputs = y + <usize>((i * b + first) * d + k) * yRow;
      for (let j = first + 1; j < end; j += 2) {
        for (let tile: usize = 0; tile < bytes; tile += TILE_BYTES) {
          twoOutputs(c, weights, inputs + tile, xStep, outputs + tile, yStep);
        }
        weights += <usize>(8 * c);
        outputs += 2 * yStep;
      }
      if (((end - first) & 1) !== 0) {
        for (let tile: usize = 0; tile < bytes; tile += TILE_BYTES) {
          oneOutput(c, weights, inputs + tile, xStep, outputs + tile);
        }
      }
    }
  }
}

/** The same for a few vectors, one after the other. */
function runStageForFew(
  stage: Stage,
  values: usize,
  first: i32,
  end: i32,
  columns: i32,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
): void {
  const c = stage.c;
  const d = stage.d;
  const xStep = <usize>d * xRow;
  const yStep = <usize>d * yRow;
  const whole = first + ((end - first) & ~(GROUP - 1));
  for (let i = 0; i < stage.a; i++) {
    for (let k = 0; k < d; k++) {
      let weights = weightsOf(stage, values, i, k) + <usize>(4 * first * c);
      const inputs = x + <usize>(i * c * d + k) * xRow;
      let outputs = y + <usize>((i * stage.b + first) * d + k) * yRow;
      for (let j = first; j < whole; j += GROUP) {
        for (let n = 0; n < columns; n++) {
          const offset = (<usize>n) << 2;
          eightSums(c, weights, inputs + offset, xStep, outputs + offset, yStep);
        }
        weights += <usize>(4 * GROUP * c);
        outputs += <usize>GROUP * yStep;
      }
    }
  }
  if (whole < end) runStage(stage, values, whole, end, 1, x, xRow, y, yRow);
}

function weightsOf(stage: Stage, values: usize, i: i32, k: i32): usize {
  return values + <usize>i * stage.innerI + <usize>k * stage.innerK;
}

function runComplexStage(
  stage: Stage,
  values: usize,
  first: i32,
  end: i32,
  tiles: i32,
  x: usize,
  xRow: usize,
  xPart: usize,
  y: usize,
  yRow: usize,
  yPart: usize,
): void {
  const c = stage.c;
  const d = stage.d;
  const xStep = <usize>d * xRow;
  const yStep = <usize>d * yRow;
  const bytes = <usize>tiles * TILE_BYTES;
  for (let i = 0; i < stage.a; i++) {
    for (let k = 0; k < d; k++) {
      let weights = weightsOf(stage, values, i, k) + <usize>(8 * first * c);
      const inputs = x + <usize>(i * c * d + k) * xRow;
      let outputs = y + <usize>((i * stage.b + first) * d + k) * yRow;
      for (let j = first; j < end; j++) {
        for (let tile: usize = 0; tile < bytes; tile += TILE_BYTES) {
          complexOutput(c, weights, inputs + tile, xStep, xPart, outputs + tile, yPart);
        }
        weights += <usize>(8 * c);
        outputs += yStep;
      }
    }
  }
}
