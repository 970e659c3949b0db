/** Householder reflections of dense Hermitian matrices in double precision, row-major, two lanes at a time. */
import { horizontal } from "./dense-products";
import { BYTES } from "./dense-sums";

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
