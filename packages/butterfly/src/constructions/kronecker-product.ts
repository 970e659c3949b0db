import { requireObject } from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { requireListOf } from "../errors/matrix-checks.ts";
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
 *   `rows·cols` values; `ARRAY_TYPE`, `OPTION_INVALID`
 */
export function kroneckerProduct<V extends FloatArray>(
  matrices: readonly DenseMatrix<V>[],
): Butterfly<V> {
  requireListOf("The matrices", matrices, requireDenseMatrix);
  let a = 1;
  let d = matrices.reduce((product, { rows }) => product * rows, 1);
  return new Butterfly(
    matrices.map(({ rows, cols, values }) => {
      d /= rows;
      const pattern = new Pattern(a, rows, cols, d);
      a *= cols;
      return new KroneckerSparse(pattern, values, { a: pattern.a > 1, d: pattern.d > 1 });
    }),
  );
}

function requireDenseMatrix(name: string, matrix: unknown): void {
  requireObject(name, matrix, "an object with rows, cols and values");
  const { rows, cols } = matrix as DenseMatrix<FloatArray>;
  if ([rows, cols].every((size) => Number.isSafeInteger(size) && size >= 1)) return;
  throw new PapilioError(
    "PATTERN_INVALID",
    `A matrix of ${describeValue(rows)} x ${describeValue(cols)} has no Kronecker product.`,
    "Give matrices of at least one row and one column.",
  );
}
