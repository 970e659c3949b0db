import { requireChain } from "../errors/matrix-checks.ts";
import { matrix } from "../linear-algebra/dense-matrix.ts";
import { orthonormalize } from "../linear-algebra/orthonormalize.ts";
import { Butterfly } from "../matrix/butterfly.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { type FloatArrays, type FloatType, zeros } from "../numeric/float-array.ts";
import { drawing, type RandomOptions } from "../numeric/random.ts";
import type { Chain } from "../pattern/chain.ts";
import type { Pattern } from "../pattern/pattern.ts";

/**
 * A butterfly whose blocks are orthogonal, each drawn uniformly from all of its size, so that the matrix is orthogonal.
 * Blocks that are not square have orthonormal columns, or rows where these are fewer. Made in float64, and rounded.
 *
 * Source: Stewart, "The efficient generation of random orthogonal matrices" (1980): a factorization `Q R` of normal
 * numbers, `R` with a positive diagonal.
 *
 * @throws PapilioError `SEED_INVALID`, `OPTION_INVALID`
 */
export function randomOrthogonal<T extends FloatType = "float32">(
  chain: Chain,
  options: RandomOptions<T>,
): Butterfly<FloatArrays[T]> {
  requireChain("The chain", chain);
  const { next, dtype } = drawing(options);
  return new Butterfly(chain.patterns.map((pattern) => drawBlocks(pattern, next, dtype)));
}

function drawBlocks<T extends FloatType>(
  pattern: Pattern,
  next: () => number,
  dtype: T,
): KroneckerSparse<FloatArrays[T]> {
  const { a, b, c, d } = pattern;
  const values = zeros(dtype, pattern.nonZeros);
  const isTall = b >= c;
  for (let i = 0; i < a; i++) {
    for (let k = 0; k < d; k++) {
      const drawn = matrix(Math.max(b, c), Math.min(b, c), false);
      drawNormal(drawn.re, next);
      const { q } = orthonormalize(drawn);
      for (let j = 0; j < b; j++) {
        for (let l = 0; l < c; l++) {
          const at = isTall ? j * c + l : l * b + j;
          values[((i * b + j) * c + l) * d + k] = q.re[at] as number;
        }
      }
    }
  }
  return new KroneckerSparse(pattern, values);
}

/** Normal numbers of deviation 1. Source: Box and Muller, 1958. */
function drawNormal(values: Float64Array, next: () => number): void {
  for (let index = 0; index < values.length; index += 2) {
    const radius = Math.sqrt(-2 * Math.log((1 - next()) / 2));
    const angle = Math.PI * next();
    values[index] = radius * Math.cos(angle);
    if (index + 1 < values.length) values[index + 1] = radius * Math.sin(angle);
  }
}
