import { load1, load4, store1, store4 } from "./elements";

/**
 * Vectors of a batch in the caller's memory, in any layout and precision, and the same vectors as
 * `[features, columns]` in float32, with rows of whole tiles.
 */
@unmanaged
export class Panel {
  /** The first feature of the first vector. */
  outside: usize;
  /** From a feature to the next, and from a vector to the next. One of them is `size`. */
  feature: usize;
  vector: usize;
  size: i32;
  columns: i32;
  /** Vectors of whole tiles. */
  padded: i32;
  inside: usize;
  row: usize;
}

/** Features that are transposed together: lines of 16 vectors and as many rows stay in the first cache. */
const STRIP: i32 = 256;

/** Packs features `first` to `end - 1`. The rest of each row, beyond the vectors, becomes 0. */
export function packPanel(panel: Panel, first: i32, end: i32): void {
  const columns = panel.columns;
  const whole = columns & ~3;
  let f = first;
  if (transposes(panel)) {
    const fours = first + ((end - first) & ~3);
    for (; f < fours; f += STRIP) {
      const stop = min(f + STRIP, fours);
      for (let n = 0; n < whole; n += 4) {
        const from = outside(panel, f, n);
        packSquares(stop - f, from, panel.vector, panel.size, inside(panel, f, n), panel.row);
      }
      for (let n = whole; n < columns; n++) {
        for (let at = f; at < stop; at += 4) packFour(panel, at, n);
      }
    }
    f = fours;
  }
  for (; f < end; f++) packRow(panel, f);
  const padded = panel.padded;
  if (padded === columns) return;
  const nothing = i32x4.splat(0);
  for (f = first; f < end; f++) {
    let n = columns;
    for (; (n & 3) !== 0; n++) v128.store32_lane(inside(panel, f, n), nothing, 0);
    for (; n < padded; n += 4) v128.store(inside(panel, f, n), nothing);
  }
}

/** Unpacks features `first` to `end - 1`. */
export function unpackPanel(panel: Panel, first: i32, end: i32): void {
  const columns = panel.columns;
  const whole = columns & ~3;
  let f = first;
  if (transposes(panel)) {
    const fours = first + ((end - first) & ~3);
    for (; f < fours; f += STRIP) {
      const stop = min(f + STRIP, fours);
      for (let n = 0; n < whole; n += 4) {
        const from = inside(panel, f, n);
        unpackSquares(stop - f, from, panel.row, outside(panel, f, n), panel.vector, panel.size);
      }
      for (let n = whole; n < columns; n++) {
        for (let at = f; at < stop; at += 4) unpackFour(panel, at, n);
      }
    }
    f = fours;
  }
  for (; f < end; f++) unpackRow(panel, f);
}

function transposes(panel: Panel): bool {
  return panel.feature === <usize>panel.size;
}

/** One feature of all vectors. */
function packRow(panel: Panel, f: i32): void {
  const size = panel.size;
  let n = 0;
  if (!transposes(panel)) {
    for (const whole = panel.columns & ~3; n < whole; n += 4) {
      v128.store(inside(panel, f, n), load4(outside(panel, f, n), size));
    }
  }
  for (; n < panel.columns; n++) {
    v128.store32_lane(inside(panel, f, n), load1(outside(panel, f, n), size), 0);
  }
}

/** The same the other way. */
function unpackRow(panel: Panel, f: i32): void {
  const size = panel.size;
  let n = 0;
  if (!transposes(panel)) {
    for (const whole = panel.columns & ~3; n < whole; n += 4) {
      store4(outside(panel, f, n), v128.load(inside(panel, f, n)), size);
    }
  }
  for (; n < panel.columns; n++) {
    store1(outside(panel, f, n), v128.load32_zero(inside(panel, f, n)), size);
  }
}

/** Four features of one vector. */
function packFour(panel: Panel, f: i32, n: i32): void {
  const numbers = load4(outside(panel, f, n), panel.size);
  v128.store32_lane(inside(panel, f, n), numbers, 0);
  v128.store32_lane(inside(panel, f + 1, n), numbers, 1);
  v128.store32_lane(inside(panel, f + 2, n), numbers, 2);
  v128.store32_lane(inside(panel, f + 3, n), numbers, 3);
}

/** The same the other way. */
function unpackFour(panel: Panel, f: i32, n: i32): void {
  let numbers = v128.load32_zero(inside(panel, f, n));
  numbers = v128.load32_lane(inside(panel, f + 1, n), numbers, 1);
  numbers = v128.load32_lane(inside(panel, f + 2, n), numbers, 2);
  numbers = v128.load32_lane(inside(panel, f + 3, n), numbers, 3);
  store4(outside(panel, f, n), numbers, panel.size);
}

function outside(panel: Panel, f: i32, n: i32): usize {
  return panel.outside + <usize>f * panel.feature + <usize>n * panel.vector;
}

function inside(panel: Panel, f: i32, n: i32): usize {
  return panel.inside + <usize>f * panel.row + ((<usize>n) << 2);
}

/**
 * Some features, a multiple of four, of four vectors.
 *
 * @param from the first feature of the first vector; vectors are `vector` bytes apart
 * @param to the same one; features are `row` bytes apart
 */
function packSquares(
  features: i32,
  from: usize,
  vector: usize,
  size: i32,
  to: usize,
  row: usize,
): void {
  for (let f = 0; f < features; f += 4) {
    const p = load4(from, size);
    const q = load4(from + vector, size);
    const r = load4(from + 2 * vector, size);
    const s = load4(from + 3 * vector, size);
    const pqLow = i32x4.shuffle(p, q, 0, 4, 1, 5);
    const pqHigh = i32x4.shuffle(p, q, 2, 6, 3, 7);
    const rsLow = i32x4.shuffle(r, s, 0, 4, 1, 5);
    const rsHigh = i32x4.shuffle(r, s, 2, 6, 3, 7);
    v128.store(to, i64x2.shuffle(pqLow, rsLow, 0, 2));
    v128.store(to + row, i64x2.shuffle(pqLow, rsLow, 1, 3));
    v128.store(to + 2 * row, i64x2.shuffle(pqHigh, rsHigh, 0, 2));
    v128.store(to + 3 * row, i64x2.shuffle(pqHigh, rsHigh, 1, 3));
    from += <usize>(4 * size);
    to += 4 * row;
  }
}

/** The same the other way. */
function unpackSquares(
  features: i32,
  from: usize,
  row: usize,
  to: usize,
  vector: usize,
  size: i32,
): void {
  for (let f = 0; f < features; f += 4) {
    const p = v128.load(from);
    const q = v128.load(from + row);
    const r = v128.load(from + 2 * row);
    const s = v128.load(from + 3 * row);
    const pqLow = i32x4.shuffle(p, q, 0, 4, 1, 5);
    const pqHigh = i32x4.shuffle(p, q, 2, 6, 3, 7);
    const rsLow = i32x4.shuffle(r, s, 0, 4, 1, 5);
    const rsHigh = i32x4.shuffle(r, s, 2, 6, 3, 7);
    store4(to, i64x2.shuffle(pqLow, rsLow, 0, 2), size);
    store4(to + vector, i64x2.shuffle(pqLow, rsLow, 1, 3), size);
    store4(to + 2 * vector, i64x2.shuffle(pqHigh, rsHigh, 0, 2), size);
    store4(to + 3 * vector, i64x2.shuffle(pqHigh, rsHigh, 1, 3), size);
    from += 4 * row;
    to += <usize>(4 * size);
  }
}
