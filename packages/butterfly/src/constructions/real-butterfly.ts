import { requireObject } from "../errors/argument-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { Butterfly } from "../matrix/butterfly.ts";
import type { RealTransform } from "../matrix/butterfly-product.ts";
import type { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import type { PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { zeros } from "../numeric/float-array.ts";
import { Pattern } from "../pattern/pattern.ts";

type Real = Butterfly<Float64Array>;

/**
 * The real part of a complex butterfly as a real one of twice its ranks: a complex number is a pair of real
 * ones, an entry `x + iy` the block `[[x, -y], [y, x]]`; of the outputs the real parts are kept, of the inputs
 * there are no others. It takes as many multiplications, and is a chain that real vectors are multiplied by,
 * of which {@link kroneckerOfButterflies} makes transforms of two dimensions.
 *
 * @param transform of one butterfly, such as a cosine transform whose size has small prime factors
 * @throws PapilioError `OPTION_INVALID` for a product of several butterflies, or a part of a larger one;
 *   `CHAIN_NOT_CHAINABLE`
 *
 * @example
 * ```ts
 * const rows = realButterfly(cosine(8, 2, { orthonormal: true }));
 * const blocks = kroneckerOfButterflies([rows, rows]); // cosine transforms of 8 x 8 points
 * ```
 */
export function realButterfly(transform: RealTransform): PermutedButterfly<Real> {
  requireObject("The transform", transform, "a RealTransform", "product");
  const { stages, placement } = transform.product;
  const [stage, ...others] = stages;
  if (stage === undefined || others.length > 0 || placement.input || placement.output) {
    throw new PapilioError(
      "OPTION_INVALID",
      `The transform is a product of ${stages.length} butterflies${placement.input || placement.output ? ", padded and cut" : ""}, not one.`,
      "Use a size with small prime factors.",
    );
  }
  stage.matrix.chain.product(); // refuses factors that are not chainable
  return stage.map((matrix) =>
    matrix.chain.transposed ? realPart(matrix.transpose()).transpose() : realPart(matrix),
  );
}

function realPart({ factors, chain }: ComplexButterfly<Float64Array>): Real {
  const { patterns } = chain;
  return new Butterfly(
    factors.map((factor, at) => {
      const { a, b, c, d } = factor.pattern;
      const { re, im } = factor.expand();
      const [rowCopies, columnCopies] = [at === 0 ? 1 : 2, at === factors.length - 1 ? 1 : 2];
      // Copies of a row follow those middle indices of the pair that are its own, before the others.
      const split = at === 0 ? 1 : (patterns[at - 1] as Pattern).d / d;
      const pattern = new Pattern(a, rowCopies * b, columnCopies * c, d);
      const values = zeros("float64", pattern.nonZeros);
      let index = 0;
      for (let i = 0; i < a; i++) {
        for (let row = 0; row < rowCopies * b; row++) {
          const copy = Math.floor(row / split) % rowCopies;
          const j = Math.floor(row / (rowCopies * split)) * split + (row % split);
          for (let column = 0; column < columnCopies * c; column++) {
            const other = column % columnCopies;
            const from = ((i * b + j) * c + Math.floor(column / columnCopies)) * d;
            const part = copy === other ? re.values : im.values;
            const sign = copy < other ? -1 : 1;
            for (let k = 0; k < d; k++) values[index++] = sign * (part[from + k] as number);
          }
        }
      }
      return new KroneckerSparse(pattern, values).share();
    }),
  );
}
