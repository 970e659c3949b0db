import { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import { ComplexKroneckerSparse } from "../matrix/complex-kronecker-sparse.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { UNSHARED } from "../matrix/sharing.ts";
import { zeros } from "../numeric/float-array.ts";
import { Chain } from "../pattern/chain.ts";
import type { Pattern } from "../pattern/pattern.ts";
import { bitReversal } from "./permutations.ts";
import { rootOfUnity } from "./roots-of-unity.ts";
import { scaleRows } from "./scale.ts";
import { requirePowerOfTwo } from "./size.ts";

/** Complex factors in double precision. */
export type ExactButterfly = ComplexButterfly<Float64Array>;

/**
 * The discrete Fourier transform of `n = 2^L` points, `y[k] = Σ x[j]·exp(-2πi·jk/n)`: the square dyadic
 * chain after a bit reversal of the inputs. Blocks that repeat are stored once: `4n` numbers in all.
 *
 * Source: Cooley and Tukey (1965); arXiv 2204.00595 for it as a butterfly matrix.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE`
 */
export function fourier(n: number): PermutedButterfly<ExactButterfly> {
  return new PermutedButterfly(fourierButterfly(n), { right: bitReversal(n) });
}

/**
 * The inverse of {@link fourier}: conjugated, over `n`.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE`
 */
export function inverseFourier(n: number): PermutedButterfly<ExactButterfly> {
  const inverse = scaleRows(fourierButterfly(n).conjugate(), () => ({ re: 1 / n, im: 0 }));
  return new PermutedButterfly(inverse.share(), { right: bitReversal(n) });
}

/** The Fourier matrix with its columns in bit-reversed order, a butterfly. */
export function fourierButterfly(n: number): ExactButterfly {
  requirePowerOfTwo(n, 2);
  return new ComplexButterfly(Chain.squareDyadic(n).patterns.map(stage));
}

/** Blocks `[[1, w], [1, -w]]` for the roots `w = exp(-2πi·k/(2d))`, the same for every `i` in `a`. */
function stage(pattern: Pattern): ComplexKroneckerSparse<Float64Array> {
  const { a, d } = pattern;
  const re = zeros("float64", 4 * d);
  const im = zeros("float64", 4 * d);
  for (let k = 0; k < d; k++) {
    const root = rootOfUnity(k, 2 * d);
    re[k] = 1;
    re[d + k] = root.re;
    re[2 * d + k] = 1;
    re[3 * d + k] = -root.re;
    im[d + k] = root.im;
    im[3 * d + k] = 0 - root.im;
  }
  const sharing = a > 1 ? { a: true, d: false } : UNSHARED;
  return new ComplexKroneckerSparse(
    new KroneckerSparse(pattern, re, sharing),
    new KroneckerSparse(pattern, im, sharing),
  );
}
