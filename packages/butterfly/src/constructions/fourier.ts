import { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import { ComplexKroneckerSparse } from "../matrix/complex-kronecker-sparse.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { UNSHARED } from "../matrix/sharing.ts";
import { zeros } from "../numeric/float-array.ts";
import { Chain } from "../pattern/chain.ts";
import type { Pattern } from "../pattern/pattern.ts";
import { fourierValues } from "./fourier-size.ts";
import { digitReversal } from "./permutations.ts";
import { rootOfUnity } from "./roots-of-unity.ts";
import { radicesOf, requireValues } from "./size.ts";
import { isOrthonormal, type TransformOptions } from "./transform-options.ts";

/** Complex factors in double precision. */
export type ExactButterfly = ComplexButterfly<Float64Array>;

/** With `orthonormal` each factor is unitary. */
export interface FourierOptions extends TransformOptions {
  /**
   * Sizes of the blocks of each factor, left-most first, whose product is `n`: its prime factors, ascending,
   * unless given. Two of them make the chain a Monarch one.
   */
  readonly radices?: readonly number[];
}

/**
 * The discrete Fourier transform of any number of points, `y[k] = Σ x[j]·exp(-2πi·jk/n)`, by its radices
 * `n = r1·...·rL`: the chain `(r1·...·r(l-1), rl, rl, r(l+1)·...·rL)` after a digit reversal of the inputs,
 * the square dyadic chain after a bit reversal for a power of two. Blocks that repeat are stored once.
 * A prime factor takes a multiplication by a dense matrix of its size: of large ones {@link chirpFourier}
 * is cheaper.
 *
 * Source: Cooley and Tukey (1965); arXiv 2204.00595 for it as a butterfly matrix.
 *
 * @example
 * ```ts
 * fourier(1000, { radices: [25, 40] }).matrix.chain.toString(); // "1,25,25,40;25,40,40,1"
 * ```
 *
 * @throws PapilioError `CONSTRUCTION_SIZE` unless `n` is from 1 to 2^22, the radices make `n`, and the factors
 *   hold at most 2^24 values; `OPTION_INVALID`
 */
export function fourier(
  n: number,
  options: FourierOptions = {},
): PermutedButterfly<ExactButterfly> {
  const matrix = fourierButterfly(n, options);
  return new PermutedButterfly(matrix, { right: digitReversal(radicesOf(n, options.radices)) });
}

/**
 * The inverse of {@link fourier}: conjugated, over `n`; over `sqrt(n)` where that is `orthonormal`.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE`, `OPTION_INVALID`
 */
export function inverseFourier(
  n: number,
  options: FourierOptions = {},
): PermutedButterfly<ExactButterfly> {
  const matrix = stages(n, options, (radix, unitary) =>
    unitary ? 1 / Math.sqrt(radix) : 1 / radix,
  );
  const right = digitReversal(radicesOf(n, options.radices));
  return new PermutedButterfly(matrix.conjugate(), { right });
}

/**
 * The Fourier matrix with its columns in digit-reversed order, a butterfly.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE`, `OPTION_INVALID`
 */
export function fourierButterfly(n: number, options: FourierOptions = {}): ExactButterfly {
  return stages(n, options, (radix, unitary) => (unitary ? 1 / Math.sqrt(radix) : 1));
}

function stages(
  n: number,
  options: FourierOptions,
  scaleOf: (radix: number, unitary: boolean) => number,
): ExactButterfly {
  const orthonormal = isOrthonormal(options);
  const { radices } = options;
  const sizes = radicesOf(n, radices);
  requireValues(
    fourierValues(sizes),
    "Use a size, or radices, of smaller factors, or chirpFourier, which takes any size.",
  );
  const { patterns } = Chain.ofRadices({ rows: sizes, cols: sizes });
  return new ComplexButterfly(
    patterns.map((pattern) => stage(pattern, scaleOf(pattern.b, orthonormal))),
  );
}

/** Entry `[j, l]` of block `k` is `exp(-2πi·l·(k + d·j)/(r·d))` by a scale, the same for every `i` in `a`. */
function stage(pattern: Pattern, scale: number): ComplexKroneckerSparse<Float64Array> {
  const { a, b: radix, d } = pattern;
  const re = zeros("float64", radix * radix * d);
  const im = zeros("float64", radix * radix * d);
  let index = 0;
  for (let j = 0; j < radix; j++) {
    for (let l = 0; l < radix; l++) {
      for (let k = 0; k < d; k++, index++) {
        const root = rootOfUnity(l * (k + d * j), radix * d);
        re[index] = scale * root.re;
        im[index] = scale * root.im;
      }
    }
  }
  const sharing = a > 1 ? { a: true, d: false } : UNSHARED;
  return new ComplexKroneckerSparse(
    new KroneckerSparse(pattern, re, sharing),
    new KroneckerSparse(pattern, im, sharing),
  );
}
