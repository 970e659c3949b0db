/** Squared Frobenius norms of what is dropped of a matrix. */
export interface Dropped {
  /** As it was measured. */
  readonly dropped: number;
  /** What every approximation of that rank drops, but for a rounding of the matrix's norm. */
  readonly least: number;
}

/** Of the squared norm: eigenvalues of the Gram matrix above it are known to a millionth. */
export const LARGE: number = 2 ** -20;
/** Of the squared norm, for each singular vector: what roundings and inverse iteration leave of an eigenvalue. */
export const EIGEN_ERROR: number = 2 ** -44;
/** Roundings for each row and column, below which what is dropped of a matrix is none of it. */
const ROUNDING = 2 ** -50;

/** The norm below which what is left of a matrix of this squared norm is none of it. */
export function roundingOf(rows: number, cols: number, squaredNorm: number): number {
  return (rows + cols) * ROUNDING * Math.sqrt(squaredNorm);
}

/** An approximation of rank one: squared norms of the matrix and of what is dropped of it. */
interface RankOne {
  readonly norm: number;
  readonly dropped: number;
  readonly rows: number;
  readonly cols: number;
}

/**
 * What must be dropped of a matrix that a projection onto a leading singular vector leaves so much of.
 * `A A^H` in the basis of the projection has the eigenvalues of the two diagonal blocks, but for the
 * square of what is beside them over the gap between them. Source: Mathias, "Quadratic residual bounds
 * for the Hermitian eigenvalue problem" (1998).
 *
 * @param details the squared norms of what is kept, and of the product of that and of what is dropped,
 *   adjoint; asked for where little is dropped
 */
export function leastDropped(
  { norm, dropped, rows, cols }: RankOne,
  details: () => { readonly kept: number; readonly beside: number },
): Dropped {
  if (dropped <= roundingOf(rows, cols, norm) ** 2) return { dropped, least: 0 };
  if (dropped > LARGE * norm) return { dropped, least: Math.max(0, dropped - EIGEN_ERROR * norm) };
  const { kept, beside } = details();
  return { dropped, least: Math.max(0, dropped - beside / (kept - dropped)) };
}
