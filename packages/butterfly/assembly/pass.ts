import { Pass, Stage, TILE_BYTES } from "./program";
import { complexOutput, oneOutput, twoOutputs } from "./tile";

/** Where vectors lie, `[features, vectors]`: the first one, and how far apart features and parts are. */
@unmanaged
export class Place {
  start: usize;
  row: usize;
  part: usize;
}

/**
 * Applies a run of stages to some of its blocks, in `tiles` tiles of vectors, `chunk` of them at a time.
 * Between the stages a block lies in `scratch`, which the first-level cache holds.
 */
export function runPass(
  pass: Pass,
  parts: i32,
  firstBlock: i32,
  endBlock: i32,
  tiles: i32,
  chunk: i32,
  from: Place,
  to: Place,
  scratch: usize,
  scratchBytes: usize,
): void {
  const d = pass.d;
  const last = pass.stageCount - 1;
  const gathers = collides(changetype<Stage>(pass.stages), <usize>d * from.row);
  for (let block = firstBlock; block < endBlock; block++) {
    const i = block / d;
    const k = block % d;
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
        if (parts === 1) runStage(stage, values, count, x, xRow, y, yRow);
        else runComplexStage(stage, values, count, x, xRow, xPart, y, yRow, yPart);
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

function runStage(
  stage: Stage,
  values: usize,
  tiles: i32,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
): void {
  const b = stage.b;
  const c = stage.c;
  const d = stage.d;
  const xStep = <usize>d * xRow;
  const yStep = <usize>d * yRow;
  const end = <usize>tiles * TILE_BYTES;
  for (let i = 0; i < stage.a; i++) {
    for (let k = 0; k < d; k++) {
      let weights = values + <usize>i * stage.innerI + <usize>k * stage.innerK;
      const inputs = x + <usize>(i * c * d + k) * xRow;
      let outputs = y + <usize>(i * b * d + k) * yRow;
      for (let j = 1; j < b; j += 2) {
        for (let tile: usize = 0; tile < end; tile += TILE_BYTES) {
          twoOutputs(c, weights, inputs + tile, xStep, outputs + tile, yStep);
        }
        weights += <usize>(8 * c);
        outputs += 2 * yStep;
      }
      if ((b & 1) !== 0) {
        for (let tile: usize = 0; tile < end; tile += TILE_BYTES) {
          oneOutput(c, weights, inputs + tile, xStep, outputs + tile);
        }
      }
    }
  }
}

function runComplexStage(
  stage: Stage,
  values: usize,
  tiles: i32,
  x: usize,
  xRow: usize,
  xPart: usize,
  y: usize,
  yRow: usize,
  yPart: usize,
): void {
  const b = stage.b;
  const c = stage.c;
  const d = stage.d;
  const xStep = <usize>d * xRow;
  const yStep = <usize>d * yRow;
  const end = <usize>tiles * TILE_BYTES;
  for (let i = 0; i < stage.a; i++) {
    for (let k = 0; k < d; k++) {
      let weights = values + <usize>i * stage.innerI + <usize>k * stage.innerK;
      const inputs = x + <usize>(i * c * d + k) * xRow;
      let outputs = y + <usize>(i * b * d + k) * yRow;
      for (let j = 0; j < b; j++) {
        for (let tile: usize = 0; tile < end; tile += TILE_BYTES) {
          complexOutput(c, weights, inputs + tile, xStep, xPart, outputs + tile, yPart);
        }
        weights += <usize>(8 * c);
        outputs += yStep;
      }
    }
  }
}
