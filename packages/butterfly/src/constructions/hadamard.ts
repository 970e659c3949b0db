import { Butterfly } from "../matrix/butterfly.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { Chain } from "../pattern/chain.ts";
import { bitReversal, composePermutations, grayCode } from "./permutations.ts";
import { requirePowerOfTwo } from "./size.ts";
import { isOrthonormal, type TransformOptions } from "./transform-options.ts";

/**
 * The Walsh-Hadamard matrix of `n = 2^L` in natural order: the square dyadic chain with all blocks
 * `[[1, 1], [1, -1]]`, four numbers for each factor.
 *
 * @param options `orthonormal` divides by `sqrt(n)`
 * @throws PapilioError `CONSTRUCTION_SIZE`
 */
export function hadamard(n: number, options: TransformOptions = {}): Butterfly<Float64Array> {
  const orthonormal = isOrthonormal(options);
  requirePowerOfTwo(n, 2);
  const scale = orthonormal ? Math.SQRT1_2 : 1;
  return new Butterfly(
    Chain.squareDyadic(n).patterns.map((pattern) => {
      const sharing = { a: pattern.a > 1, d: pattern.d > 1 };
      return new KroneckerSparse(pattern, Float64Array.of(scale, scale, scale, -scale), sharing);
    }),
  );
}

/**
 * The Walsh matrix: {@link hadamard} with its rows in sequency order, by the number of their changes of
 * sign.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE`
 */
export function walsh(
  n: number,
  options: TransformOptions = {},
): PermutedButterfly<Butterfly<Float64Array>> {
  const left = composePermutations(bitReversal(n), grayCode(n));
  return new PermutedButterfly(hadamard(n, options), { left });
}
