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
 * Applies a run of stages to some of its blocks, in `tiles` tiles of vectors. Between the stages a block
 * lies in `scratch`, which the first-level cache holds.
 */
export function runPass(
  pass: Pass,
  parts: i32,
  firstBlock: i32,
  endBlock: i32,
  tiles: i32,
  from: Place,
  to: Place,
  scratch: usize,
  scratchBytes: usize,
): void {
  const d = pass.d;
  const part = <usize>tiles * TILE_BYTES;
  const row = part * <usize>parts;
  const last = pass.stageCount - 1;
  for (let block = firstBlock; block < endBlock; block++) {
    const i = block / d;
    const k = block % d;
    let x = from.start + <usize>(i * pass.c * d + k) * from.row;
    let xRow = <usize>d * from.row;
    let xPart = from.part;
    for (let index = 0; index <= last; index++) {
      const stage = changetype<Stage>(pass.stages + <usize>index * offsetof<Stage>());
      let y = scratch + <usize>(index & 1) * scratchBytes;
      let yRow = row;
      let yPart = part;
      if (index === last) {
        y = to.start + <usize>(i * pass.b * d + k) * to.row;
        yRow = <usize>d * to.row;
        yPart = to.part;
      }
      const values = stage.values + <usize>i * stage.outerI + <usize>k * stage.outerK;
      if (parts === 1) runStage(stage, values, tiles, x, xRow, y, yRow);
      else runComplexStage(stage, values, tiles, x, xRow, xPart, y, yRow, yPart);
      x = y;
      xRow = yRow;
      xPart = yPart;
    }
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
