import type { BatchShape, Pattern, StorageDtype } from "@papilio/butterfly";

/**
 * `dK[i, j, l, k] = Σ dy[n, i, j, k] x[n, i, l, k]` over the vectors `n` of a batch: the gradient of the values of a
 * Kronecker-sparse factor, for each of its `a d` blocks the product of a `b x count` by a `count x c` matrix.
 */
export interface FactorGradientProblem extends BatchShape {
  readonly pattern: Pattern;
  /** Vectors that count, at most the batch; the others are padding. */
  readonly count: number;
  /** Of x and dy; sums and results are in float32 whatever it is. */
  readonly dtype: StorageDtype;
}
