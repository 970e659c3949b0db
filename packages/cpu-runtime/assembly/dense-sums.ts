export const BYTES: usize = 8;

let p: f64 = 0;
let q: f64 = 0;
let r: f64 = 0;
let s: f64 = 0;

/** Begins a sum of squares. */
export function startSquares(): void {
  p = 0;
  q = 0;
  r = 0;
  s = 0;
}

/** Adds the squares of some numbers, a multiple of four of them but for the last ones: four sums are under way. */
export function addSquares(values: usize, count: i32): void {
  const end = values + <usize>count * BYTES;
  for (; values + 4 * BYTES <= end; values += 4 * BYTES) {
    const w = load<f64>(values);
    const x = load<f64>(values, 8);
    const y = load<f64>(values, 16);
    const z = load<f64>(values, 24);
    p += w * w;
    q += x * x;
    r += y * y;
    s += z * z;
  }
  for (; values < end; values += BYTES) p += load<f64>(values) * load<f64>(values);
}

/** The sum so far, added up as `sumOfSquares` of `packages/butterfly` does. */
export function squares(): f64 {
  return p + q + (r + s);
}

export function sumOfSquares(values: usize, count: i32): f64 {
  startSquares();
  addSquares(values, count);
  return squares();
}
