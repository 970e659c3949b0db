/** A pass of a chain in float64 over the vectors of a panel, whose features are rows of `bytes` for each part. */
import { Stage } from "../program";
import { complexDouble, DOUBLES, fourDoubles, oneDouble } from "./doubles";

/** Blocks `(a, b, c, d)`, each a product of stages. The stages follow. */
@unmanaged
export class DoublePass {
  a: i32;
  b: i32;
  c: i32;
  d: i32;
  stageCount: i32;
  /** Most features of a block in scratch memory. */
  local: i32;
}

/** Inputs that outputs are computed from at a time: of 16 vectors, they take 16 KiB of the first-level cache. */
const INPUTS: i32 = 128;

/**
 * One of so many shares of a pass: blocks, which are divided by groups of outputs where they are one stage.
 *
 * @param parts numbers that make an element: 1 real, 2 complex
 * @param local scratch memory that holds a block twice
 */
export function runDoublePass(
  pass: DoublePass,
  parts: i32,
  x: usize,
  y: usize,
  bytes: usize,
  share: i32,
  shares: i32,
  local: usize,
): void {
  const d = pass.d;
  const groups = pass.stageCount === 1 ? (pass.b + DOUBLES - 1) / DOUBLES : 1;
  const pieces = <i64>pass.a * d * groups;
  let left = <i32>((pieces * (share + 1)) / shares);
  const start = <i32>((pieces * share) / shares);
  left -= start;
  let group = start % groups;
  let i = start / groups / d;
  let k = (start / groups) % d;
  while (left > 0) {
    const end = min(groups, group + left);
    const last = end === groups ? pass.b : end * DOUBLES;
    runBlock(pass, parts, i, k, group * DOUBLES, last, x, y, bytes, local);
    left -= end - group;
    group = 0;
    if (++k === d) {
      k = 0;
      i++;
    }
  }
}

/** Outputs `first` to `end - 1` of the last stage of a block. */
function runBlock(
  pass: DoublePass,
  parts: i32,
  i: i32,
  k: i32,
  first: i32,
  end: i32,
  x: usize,
  y: usize,
  bytes: usize,
  local: usize,
): void {
  const d = pass.d;
  const row = bytes * parts;
  const last = pass.stageCount - 1;
  let next = local;
  let other = local + <usize>pass.local * row;
  let from = x + <usize>(i * pass.c * d + k) * row;
  let fromRow = <usize>d * row;
  let stage = changetype<Stage>(changetype<usize>(pass) + offsetof<DoublePass>());
  // Rows so far apart may drive each other out of the cache before the next group reads them.
  if (d > 1 && stage.b > DOUBLES) {
    for (let l = 0; l < pass.c; l++) {
      const source = from + <usize>l * fromRow;
      const target = next + <usize>l * row;
      for (let at: usize = 0; at < row; at += 16) v128.store(target + at, v128.load(source + at));
    }
    from = next;
    fromRow = row;
    next = other;
    other = local;
  }
  for (let at = 0; at < last; at++) {
    runStage(stage, parts, i, k, 0, stage.b, from, fromRow, next, row, bytes);
    from = next;
    fromRow = row;
    next = other;
    other = from;
    stage = changetype<Stage>(changetype<usize>(stage) + offsetof<Stage>());
  }
  const to = y + <usize>(i * pass.b * d + k) * row;
  const stop = last === 0 ? end : stage.b;
  runStage(stage, parts, i, k, first, stop, from, fromRow, to, <usize>d * row, bytes);
}

/** Outputs `first` to `end - 1` of each block of a stage within block `(i, k)` of the pass. */
function runStage(
  stage: Stage,
  parts: i32,
  i: i32,
  k: i32,
  first: i32,
  end: i32,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
  bytes: usize,
): void {
  const b = stage.b;
  const c = stage.c;
  const d = stage.d;
  const values = stage.values + <usize>i * stage.outerI + <usize>k * stage.outerK;
  const xStep = <usize>d * xRow;
  const yStep = <usize>d * yRow;
  const inputs = parts === 2 ? INPUTS / 2 : INPUTS;
  for (let p = 0; p < stage.a; p++) {
    for (let q = 0; q < d; q++) {
      const weights = values + <usize>p * stage.innerI + <usize>q * stage.innerK;
      const from = x + <usize>(p * c * d + q) * xRow;
      const to = y + <usize>(p * b * d + q) * yRow;
      for (let l = 0; l < c; l += inputs) {
        const count = min(inputs, c - l);
        const source = from + <usize>l * xStep;
        for (let j = first; j < end; ) {
          const size = parts === 1 && b - j >= DOUBLES ? DOUBLES : 1;
          const group = weights + ((<usize>(parts * (j * c + l * size))) << 3);
          const target = to + <usize>j * yStep;
          let at: usize = 0;
          for (; at + 32 <= bytes; at += 32) {
            const sums = target + at;
            runGroup<i64>(size, parts, count, group, source + at, xStep, sums, yStep, bytes, l > 0);
          }
          if (at < bytes) {
            const sums = target + at;
            runGroup<i32>(size, parts, count, group, source + at, xStep, sums, yStep, bytes, l > 0);
          }
          j += size;
        }
      }
    }
  }
}

function runGroup<V>(
  size: i32,
  parts: i32,
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
  part: usize,
  continues: bool,
): void {
  if (parts === 2) complexDouble<V>(c, values, x, xRow, y, part, continues);
  else if (size === DOUBLES) fourDoubles<V>(c, values, x, xRow, y, yRow, continues);
  else oneDouble<V>(c, values, x, xRow, y, continues);
}
