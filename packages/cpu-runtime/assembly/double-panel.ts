import { Panel } from "./panel";

/** Features whose rows stay in the first-level cache while vectors are packed or unpacked in pairs. */
const STRIP: i32 = 128;

/**
 * Copies features `first` to `end - 1` of vectors in float64 into a panel, or out of it. A last vector without
 * another is packed beside zeros.
 */
export function transferDoubles(panel: Panel, packs: bool, first: i32, end: i32): void {
  const columns = panel.columns;
  const pairs = columns & ~1;
  for (let f = first; f < end; f += STRIP) {
    const stop = min(f + STRIP, end);
    let n = 0;
    for (; n < pairs; n += 2) transferPair(panel, packs, f, stop, n);
    if (n === columns) continue;
    for (let at = f; at < stop; at++) {
      const outer = outside(panel, at, n);
      const inner = inside(panel, at, n);
      if (packs) v128.store(inner, v128.load64_zero(outer));
      else v128.store64_lane(outer, v128.load(inner), 0);
    }
  }
}

/** Two vectors: as they lie where vectors are side by side, else two features of each at a time, transposed. */
function transferPair(panel: Panel, packs: bool, first: i32, end: i32, n: i32): void {
  const vector = panel.vector;
  const row = panel.row;
  let f = first;
  if (vector === 8) {
    for (; f < end; f++) {
      const outer = outside(panel, f, n);
      const inner = inside(panel, f, n);
      if (packs) v128.store(inner, v128.load(outer));
      else v128.store(outer, v128.load(inner));
    }
    return;
  }
  for (; f + 1 < end; f += 2) {
    const outer = outside(panel, f, n);
    const inner = inside(panel, f, n);
    const from = packs ? outer : inner;
    const to = packs ? inner : outer;
    const p = v128.load(from);
    const q = v128.load(from + (packs ? vector : row));
    v128.store(to, i64x2.shuffle(p, q, 0, 2));
    v128.store(to + (packs ? row : vector), i64x2.shuffle(p, q, 1, 3));
  }
  if (f === end) return;
  for (let lane = 0; lane < 2; lane++) {
    const outer = outside(panel, f, n + lane);
    const inner = inside(panel, f, n + lane);
    if (packs) store<f64>(inner, load<f64>(outer));
    else store<f64>(outer, load<f64>(inner));
  }
}

function outside(panel: Panel, f: i32, n: i32): usize {
  return panel.outside + <usize>f * panel.feature + <usize>n * panel.vector;
}

function inside(panel: Panel, f: i32, n: i32): usize {
  return panel.inside + <usize>f * panel.row + ((<usize>n) << 3);
}
