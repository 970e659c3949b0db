import { PapilioError } from "../errors/papilio-error.ts";
import { Butterfly } from "../matrix/butterfly.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import type { FloatArray } from "../numeric/float-array.ts";
import { Pattern } from "../pattern/pattern.ts";

/** A dense matrix, `[rows, cols]` row-major. */
export interface DenseMatrix<V extends FloatArray> {
  readonly rows: number;
  readonly cols: number;
  readonly values: V;
}

/**
 * The Kronecker product `A1 ⊗ A2 ⊗ ... ⊗ AL` as a chain of factors `I ⊗ Al ⊗ I`, each of which stores
 * its matrix once.
 *
 * @throws PapilioError `CHAIN_EMPTY`, `PATTERN_INVALID`; `VALUES_LENGTH` unless every matrix has its
 *   `rows·cols` values
 */
export function kroneckerProduct<V extends FloatArray>(
  matrices: readonly DenseMatrix<V>[],
): Butterfly<V> {
  let a = 1;
  let d = matrices.reduce((product, { rows }) => product * rows, 1);
  return new Butterfly(
    matrices.map(({ rows, cols, values }) => {
      if (!(rows >= 1)) throw noRows(rows);
      d /= rows;
      const pattern = new Pattern(a, rows, cols, d);
      a *= cols;
      return new KroneckerSparse(pattern, values, { a: pattern.a > 1, d: pattern.d > 1 });
    }),
  );
}

function noRows(rows: number): PapilioError {
  return new PapilioError(
    "PATTERN_INVALID",
    `A matrix of ${rows} rows has no Kronecker product.`,
    "Give matrices of at least one row and one column.",
  );
}
