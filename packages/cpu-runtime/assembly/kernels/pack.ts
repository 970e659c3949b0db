import { floatsToHalves } from "../elements";
import { packFewBits, rowBytes, SCALED } from "../products/few-bits";
import { groupSize, groupStart, outputsInSixes } from "../products/group";

/** Rows of the values of a stage, `[a, b, c, d]`, and the weights of a pass that they are packed into. */
@unmanaged
export class PackCall {
  /** The first of the rows `(i, j)`, each of which is `[c, d]`; the first value of all where the stage is transposed. */
  values: usize;
  /** Of the stage. */
  weights: usize;
  /** A word that becomes 1 where half precision does not hold a value. */
  overflow: usize;
  /** Of a weight: 32, 16 or at most 8. Of few bits, values are codes, a byte each. */
  bits: i32;
  firstRow: i32;
  rows: i32;
  rowsOfItem: i32;
  b: i32;
  c: i32;
  d: i32;
  /** Blocks of the stage within a block of its pass, along a, and blocks of the pass along d. */
  innerA: i32;
  outerD: i32;
  /** From the weights of one block to those of the next, in numbers, or of few bits in bytes. */
  outerI: i32;
  outerK: i32;
  innerI: i32;
  innerK: i32;
  /** Whether the values are those of the transposed stage, `[a, c, b, d]`. */
  transposed: i32;
  /** Of few bits: in half precision, of each row `[c / 32, d]`. */
  scales: usize;
  /** Of few bits, what codes are: one of kernel-options.ts. */
  codes: i32;
}

/**
 * An item is so many rows. Each block is packed in the groups of products/group.ts: `[c, size]`. Rows of a group are
 * packed together where that reads memory in order, or writes it so.
 */
export function pack(call: PackCall, item: i32, _scratch: usize): void {
  const b = call.b;
  const sixes = outputsInSixes(b);
  const c = call.c;
  const d = call.d;
  const first = startOfItem(call, item * call.rowsOfItem);
  const end = startOfItem(call, (item + 1) * call.rowsOfItem);
  const rowDistance = call.transposed !== 0 ? d : c * d;
  const columnDistance = call.transposed !== 0 ? b * d : d;
  const together = d === 1 && call.bits === 32;
  const shift = call.bits < 16 ? 0 : 2;
  const step = (<usize>columnDistance) << shift;
  let count = 1;
  for (let index = first; index < end; index += count) {
    const row = call.firstRow + index;
    const i = row / b;
    const j = row % b;
    const start = groupStart(b, sixes, j);
    const size = groupSize(b, sixes, start);
    if (together) count = min(start + size - j, end - index);
    const before = <usize>i * <usize>(b * c * d) + <usize>j * <usize>rowDistance;
    const values = call.values + ((before - <usize>call.firstRow * <usize>(c * d)) << shift);
    const block = (i / call.innerA) * call.outerI + (i % call.innerA) * call.innerI;
    const along = block + start * c + (j - start);
    for (let k = 0; k < d; k++) {
      if (call.bits < 16) {
        const group =
          block +
          (k % call.outerD) * call.outerK +
          (k / call.outerD) * call.innerK +
          start * rowBytes(c, call.bits);
        const scales = call.scales + ((<usize>(index * ((c + SCALED - 1) / SCALED) * d + k)) << 1);
        packFewBits(
          c,
          size,
          j - start,
          call.bits,
          call.codes,
          values + <usize>k,
          step,
          scales,
          (<usize>d) << 1,
          call.weights + <usize>group,
        );
        continue;
      }
      const to = along + (k % call.outerD) * call.outerK + (k / call.outerD) * call.innerK;
      const from = values + ((<usize>k) << 2);
      if (call.bits === 16) {
        packHalves(call, c, size, step, from, call.weights + ((<usize>to) << 1));
      } else if (count === 1) {
        packFloats(c, size, step, from, call.weights + ((<usize>to) << 2));
      } else {
        const nextRow = (<usize>rowDistance) << 2;
        packRows(c, size, count, step, nextRow, from, call.weights + ((<usize>to) << 2));
      }
    }
  }
}

/** The row with which an item begins: of few bits, one item packs all rows of a group, which share bytes. */
function startOfItem(call: PackCall, index: i32): i32 {
  if (index === 0 || index >= call.rows || call.bits >= 16) return min(index, call.rows);
  const b = call.b;
  const sixes = outputsInSixes(b);
  const j = (call.firstRow + index) % b;
  const start = groupStart(b, sixes, j);
  if (start === j) return index;
  return min(call.rows, index + (start + groupSize(b, sixes, start) - j));
}

function packFloats(c: i32, size: i32, step: usize, from: usize, to: usize): void {
  const end = from + <usize>c * step;
  const distance = (<usize>size) << 2;
  for (; from < end; from += step) {
    store<f32>(to, load<f32>(from));
    to += distance;
  }
}

/** Several rows of a group: those of a transposed stage lie side by side. */
function packRows(
  c: i32,
  size: i32,
  count: i32,
  step: usize,
  nextRow: usize,
  from: usize,
  to: usize,
): void {
  const end = from + <usize>c * step;
  const distance = (<usize>size) << 2;
  const bytes = (<usize>count) << 2;
  if (nextRow === 4 && count === 6) {
    for (; from < end; from += step, to += distance) {
      v128.store(to, v128.load(from));
      store<i64>(to, load<i64>(from, 16), 16);
    }
    return;
  }
  if (nextRow === 4 && count === 4) {
    for (; from < end; from += step, to += distance) v128.store(to, v128.load(from));
    return;
  }
  for (; from < end; from += step, to += distance) {
    let value = from;
    for (let at: usize = 0; at < bytes; at += 4) {
      store<f32>(to + at, load<f32>(value));
      value += nextRow;
    }
  }
}

function packHalves(call: PackCall, c: i32, size: i32, step: usize, from: usize, to: usize): void {
  const distance = (<usize>size) << 1;
  let overflows = i32x4.splat(0);
  for (let l = 0; l < c; l += 4) {
    const count = min(4, c - l);
    let four = v128.load32_zero(from);
    from += step;
    if (count > 1) four = v128.load32_lane(from, four, 1);
    from += step;
    if (count > 2) four = v128.load32_lane(from, four, 2);
    from += step;
    if (count > 3) four = v128.load32_lane(from, four, 3);
    from += step;
    const halves = floatsToHalves(four);
    const magnitude = v128.and(halves, i32x4.splat(0x7fff));
    overflows = v128.or(overflows, i32x4.gt_s(magnitude, i32x4.splat(0x7bff)));
    v128.store16_lane(to, halves, 0);
    if (count > 1) v128.store16_lane(to + distance, halves, 2);
    if (count > 2) v128.store16_lane(to + 2 * distance, halves, 4);
    if (count > 3) v128.store16_lane(to + 3 * distance, halves, 6);
    to += 4 * distance;
  }
  if (v128.any_true(overflows)) store<i32>(call.overflow, 1);
}
