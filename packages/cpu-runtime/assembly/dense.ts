/**
 * Inner loops of dense linear algebra in double precision, two lanes at a time: what a factorization spends
 * its time in. Matrices are row-major; addresses and sizes are the caller's to check.
 */

const BYTES: usize = 8;

function horizontal(x: v128): f64 {
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

/** `H A H` for `H = I - scale·v v^T` on what precedes row `step`, which holds `v`: the lower triangle. */
export function reflectReal(a: usize, n: i32, step: i32, scale: f64, w: usize): void {
  const line = <usize>n * BYTES;
  const v = a + <usize>step * line;
  let product: f64 = 0;
  for (let row = 0; row < step; row++) {
    const base = a + <usize>row * line;
    const own = load<f64>(v + <usize>row * BYTES);
    const factor = f64x2.splat(own);
    let sums = f64x2.splat(0);
    const even = <usize>(row & ~1) * BYTES;
    let at: usize = 0;
    for (; at < even; at += 2 * BYTES) {
      const entries = v128.load(base + at);
      sums = f64x2.add(sums, f64x2.mul(entries, v128.load(v + at)));
      v128.store(w + at, f64x2.add(v128.load(w + at), f64x2.mul(entries, factor)));
    }
    let twice = horizontal(sums);
    if (row & 1) {
      const entry = load<f64>(base + at);
      twice += entry * load<f64>(v + at);
      store<f64>(w + at, load<f64>(w + at) + entry * own);
      at += BYTES;
    }
    const sum = load<f64>(base + at) * own;
    product += own * (sum + 2 * twice);
    store<f64>(w + at, sum + twice);
  }
  const share = (scale * product) / 2;
  for (let k = 0; k < step; k++) {
    const at = w + <usize>k * BYTES;
    store<f64>(at, scale * (load<f64>(at) - share * load<f64>(v + <usize>k * BYTES)));
  }
  for (let row = 0; row < step; row++) {
    const base = a + <usize>row * line;
    const x = load<f64>(v + <usize>row * BYTES);
    const y = load<f64>(w + <usize>row * BYTES);
    const p = f64x2.splat(x);
    const q = f64x2.splat(y);
    // An entry above the diagonal may change with it, which nobody reads.
    const end = <usize>(row + 1) * BYTES;
    const even = <usize>((row + 1) & ~1) * BYTES;
    let at: usize = 0;
    for (; at < even; at += 2 * BYTES) {
      const change = f64x2.add(f64x2.mul(p, v128.load(w + at)), f64x2.mul(q, v128.load(v + at)));
      v128.store(base + at, f64x2.sub(v128.load(base + at), change));
    }
    if (at < end) {
      const change = x * load<f64>(w + at) + y * load<f64>(v + at);
      store<f64>(base + at, load<f64>(base + at) - change);
    }
  }
}

/** The same of a Hermitian matrix, real parts and imaginary parts apart: `H = I - scale·v v^H`. */
export function reflectComplex(
  re: usize,
  im: usize,
  n: i32,
  step: i32,
  scale: f64,
  wRe: usize,
  wIm: usize,
): void {
  const line = <usize>n * BYTES;
  const vRe = re + <usize>step * line;
  const vIm = im + <usize>step * line;
  let product: f64 = 0;
  for (let row = 0; row < step; row++) {
    const baseRe = re + <usize>row * line;
    const baseIm = im + <usize>row * line;
    const x = load<f64>(vRe + <usize>row * BYTES);
    const y = load<f64>(vIm + <usize>row * BYTES);
    const xx = f64x2.splat(x);
    const yy = f64x2.splat(y);
    let ps = f64x2.splat(0);
    let qs = f64x2.splat(0);
    const even = <usize>(row & ~1) * BYTES;
    let at: usize = 0;
    for (; at < even; at += 2 * BYTES) {
      const s = v128.load(baseRe + at);
      const t = v128.load(baseIm + at);
      const c = v128.load(vRe + at);
      const d = v128.load(vIm + at);
      ps = f64x2.add(ps, f64x2.sub(f64x2.mul(s, c), f64x2.mul(t, d)));
      qs = f64x2.add(qs, f64x2.add(f64x2.mul(s, d), f64x2.mul(t, c)));
      const e = f64x2.add(f64x2.mul(s, xx), f64x2.mul(t, yy));
      const f = f64x2.sub(f64x2.mul(s, yy), f64x2.mul(t, xx));
      v128.store(wRe + at, f64x2.add(v128.load(wRe + at), e));
      v128.store(wIm + at, f64x2.add(v128.load(wIm + at), f));
    }
    let p = horizontal(ps);
    let q = horizontal(qs);
    if (row & 1) {
      const s = load<f64>(baseRe + at);
      const t = load<f64>(baseIm + at);
      const c = load<f64>(vRe + at);
      const d = load<f64>(vIm + at);
      p += s * c - t * d;
      q += s * d + t * c;
      store<f64>(wRe + at, load<f64>(wRe + at) + (s * x + t * y));
      store<f64>(wIm + at, load<f64>(wIm + at) + (s * y - t * x));
      at += BYTES;
    }
    const diagonal = load<f64>(baseRe + at);
    product += diagonal * (x * x + y * y) + 2 * (x * p + y * q);
    store<f64>(wRe + at, p + diagonal * x);
    store<f64>(wIm + at, q + diagonal * y);
  }
  const share = (scale * product) / 2;
  const bytes = <usize>step * BYTES;
  for (let at: usize = 0; at < bytes; at += BYTES) {
    store<f64>(wRe + at, scale * (load<f64>(wRe + at) - share * load<f64>(vRe + at)));
    store<f64>(wIm + at, scale * (load<f64>(wIm + at) - share * load<f64>(vIm + at)));
  }
  for (let row = 0; row < step; row++) {
    const baseRe = re + <usize>row * line;
    const baseIm = im + <usize>row * line;
    const own = <usize>row * BYTES;
    const x = f64x2.splat(load<f64>(vRe + own));
    const y = f64x2.splat(load<f64>(vIm + own));
    const s = f64x2.splat(load<f64>(wRe + own));
    const t = f64x2.splat(load<f64>(wIm + own));
    const even = <usize>((row + 1) & ~1) * BYTES;
    let at: usize = 0;
    for (; at < even; at += 2 * BYTES) {
      const c = v128.load(vRe + at);
      const d = v128.load(vIm + at);
      const e = v128.load(wRe + at);
      const f = v128.load(wIm + at);
      const real = f64x2.add(
        f64x2.add(f64x2.mul(x, e), f64x2.mul(y, f)),
        f64x2.add(f64x2.mul(s, c), f64x2.mul(t, d)),
      );
      const imaginary = f64x2.add(
        f64x2.sub(f64x2.mul(y, e), f64x2.mul(x, f)),
        f64x2.sub(f64x2.mul(t, c), f64x2.mul(s, d)),
      );
      v128.store(baseRe + at, f64x2.sub(v128.load(baseRe + at), real));
      v128.store(baseIm + at, f64x2.sub(v128.load(baseIm + at), imaginary));
    }
    if (row & 1) continue;
    // The diagonal, which is real.
    const real =
      2 * (load<f64>(vRe + at) * load<f64>(wRe + at) + load<f64>(vIm + at) * load<f64>(wIm + at));
    store<f64>(baseRe + at, load<f64>(baseRe + at) - real);
  }
}
