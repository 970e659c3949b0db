/** Products of dense matrices in double precision, row-major, two lanes at a time. */
import { BYTES } from "./dense-sums";

/** The sum of both lanes. */
export function horizontal(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

/** `y += a·x` for four rows `x`, `step` bytes apart. */
function addFourRows(
  to: usize,
  from: usize,
  step: usize,
  cols: i32,
  a: f64,
  b: f64,
  c: f64,
  d: f64,
): void {
  const p = f64x2.splat(a);
  const q = f64x2.splat(b);
  const r = f64x2.splat(c);
  const s = f64x2.splat(d);
  const second = from + step;
  const third = second + step;
  const fourth = third + step;
  const bytes = <usize>cols * BYTES;
  const even = <usize>(cols & ~1) * BYTES;
  let at: usize = 0;
  for (; at < even; at += 2 * BYTES) {
    const left = f64x2.add(
      f64x2.mul(p, v128.load(from + at)),
      f64x2.mul(q, v128.load(second + at)),
    );
    const right = f64x2.add(
      f64x2.mul(r, v128.load(third + at)),
      f64x2.mul(s, v128.load(fourth + at)),
    );
    v128.store(to + at, f64x2.add(f64x2.add(v128.load(to + at), left), right));
  }
  if (at < bytes) {
    const left = a * load<f64>(from + at) + b * load<f64>(second + at);
    const right = c * load<f64>(third + at) + d * load<f64>(fourth + at);
    store<f64>(to + at, load<f64>(to + at) + left + right);
  }
}

function addOneRow(to: usize, from: usize, cols: i32, a: f64): void {
  const p = f64x2.splat(a);
  const bytes = <usize>cols * BYTES;
  const even = <usize>(cols & ~1) * BYTES;
  let at: usize = 0;
  for (; at < even; at += 2 * BYTES) {
    v128.store(to + at, f64x2.add(v128.load(to + at), f64x2.mul(p, v128.load(from + at))));
  }
  if (at < bytes) store<f64>(to + at, load<f64>(to + at) + a * load<f64>(from + at));
}

/** Adds `sign` times a product, of the inner indices `first` to `last - 1`. */
export function addProduct(
  to: usize,
  x: usize,
  y: usize,
  sign: f64,
  rows: i32,
  inner: i32,
  cols: i32,
  first: i32,
  last: i32,
): void {
  const step = <usize>cols * BYTES;
  for (let row = 0; row < rows; row++) {
    const own = x + <usize>(row * inner) * BYTES;
    const target = to + <usize>row * step;
    let t = first;
    for (; t + 3 < last; t += 4) {
      const at = own + <usize>t * BYTES;
      addFourRows(
        target,
        y + <usize>t * step,
        step,
        cols,
        sign * load<f64>(at),
        sign * load<f64>(at, 8),
        sign * load<f64>(at, 16),
        sign * load<f64>(at, 24),
      );
    }
    for (; t < last; t++) {
      addOneRow(target, y + <usize>t * step, cols, sign * load<f64>(own + <usize>t * BYTES));
    }
  }
}

/** Adds the products of rows of `x` and rows of `y`; of a symmetric matrix the lower triangle at least. */
export function addRowProducts(
  to: usize,
  x: usize,
  y: usize,
  rows: i32,
  cols: i32,
  symmetric: bool,
): void {
  const step = <usize>cols * BYTES;
  const even = <usize>(cols & ~1) * BYTES;
  for (let p = 0; p < rows; p += 2) {
    const i = x + <usize>p * step;
    const j = p + 1 < rows ? i + step : i;
    const end = symmetric ? p + 1 : rows;
    for (let q = 0; q < end; q += 2) {
      const k = y + <usize>q * step;
      const l = q + 1 < rows ? k + step : k;
      let ik = f64x2.splat(0);
      let il = f64x2.splat(0);
      let jk = f64x2.splat(0);
      let jl = f64x2.splat(0);
      let at: usize = 0;
      for (; at < even; at += 2 * BYTES) {
        const a = v128.load(i + at);
        const b = v128.load(j + at);
        const c = v128.load(k + at);
        const d = v128.load(l + at);
        ik = f64x2.add(ik, f64x2.mul(a, c));
        il = f64x2.add(il, f64x2.mul(a, d));
        jk = f64x2.add(jk, f64x2.mul(b, c));
        jl = f64x2.add(jl, f64x2.mul(b, d));
      }
      if (at < step) {
        const c = v128.load64_zero(k + at);
        const d = v128.load64_zero(l + at);
        const a = v128.load64_zero(i + at);
        const b = v128.load64_zero(j + at);
        ik = f64x2.add(ik, f64x2.mul(a, c));
        il = f64x2.add(il, f64x2.mul(a, d));
        jk = f64x2.add(jk, f64x2.mul(b, c));
        jl = f64x2.add(jl, f64x2.mul(b, d));
      }
      const here = to + <usize>(p * rows + q) * BYTES;
      const below = here + <usize>rows * BYTES;
      store<f64>(here, load<f64>(here) + horizontal(ik));
      if (l !== k) store<f64>(here, load<f64>(here, 8) + horizontal(il), 8);
      if (j === i) continue;
      store<f64>(below, load<f64>(below) + horizontal(jk));
      if (l !== k) store<f64>(below, load<f64>(below, 8) + horizontal(jl), 8);
    }
  }
}
