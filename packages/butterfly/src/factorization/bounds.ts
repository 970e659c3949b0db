import type { Dropped } from "../linear-algebra/dropped.ts";
import { type FloatArray, floatTypeOf } from "../numeric/float-array.ts";
import type { Chain } from "../pattern/chain.ts";
import { splitAt } from "./hierarchical.ts";
import type { Parts } from "./parts.ts";
import type { Splitter } from "./splitter.ts";

/** Errors over the norm of the matrix, in the Frobenius norm. */
export interface ErrorBounds {
  /** No butterfly of this chain has a smaller error. */
  readonly lower: number;
  /** The error of the factors that were found is not larger, their rounding included. */
  readonly upper: number;
}

/**
 * What each split of the whole chain, by itself, drops of a matrix, and must drop.
 * Every butterfly of the chain is a product of two at each split, so the best one drops at least the
 * largest of them.
 *
 * @param values of the product of the chain, `[a, b, c, d]`
 * @param known what is known of the split before factor `at`
 */
export async function droppedAtSplits(
  chain: Chain,
  values: Parts,
  splitter: Splitter,
  known: { readonly at: number; readonly dropped: Dropped },
): Promise<readonly Dropped[]> {
  const dropped: Dropped[] = [];
  for (let at = 1; at < chain.length; at++) {
    const split = splitAt(chain, 0, at, chain.length);
    dropped.push(at === known.at ? known.dropped : await splitter.truncationError(values, split));
  }
  return dropped;
}

/**
 * The bounds that follow from what each split drops. Down a one-sided tree what is dropped is
 * orthogonal, so that squares add up, to `L-1` times the largest at most; down others norms add up.
 *
 * Source: arXiv 2411.04506, the error bound of the hierarchical algorithm with orthonormalization.
 *
 * @param off the squared norm of the entries off the support of the product
 * @param squaredNorm of the matrix
 */
export function boundsOf(
  chain: Chain,
  dropped: readonly Dropped[],
  off: number,
  squaredNorm: number,
  { oneSided, type }: { readonly oneSided: boolean; readonly type: FloatArray },
): ErrorBounds {
  if (squaredNorm === 0) return { lower: 0, upper: 0 };
  const sum = oneSided
    ? dropped.reduce((total, one) => total + one.dropped, 0)
    : dropped.reduce((total, one) => total + Math.sqrt(one.dropped), 0) ** 2;
  const most = Math.max(0, ...dropped.map(({ least }) => least));
  const lower = Math.sqrt((off + most) / squaredNorm);
  return {
    // What the truncations of a matrix that is a butterfly drop is rounding alone.
    lower: Math.max(0, lower - truncationRounding(chain)),
    upper: Math.sqrt((off + sum) / squaredNorm) + roundingOf(chain, type),
  };
}

/**
 * What rounding may add. A factor that is orthonormal in its classes and changes by `u` in each entry
 * changes the product by `u·sqrt(rank)` of its norm at most, the one that carries the norm by `u`;
 * beside it, what the truncations themselves lose.
 */
export function roundingOf(chain: Chain, like: FloatArray): number {
  const unit = floatTypeOf(like) === "float32" ? 2 ** -24 : 2 ** -53;
  const factors = chain.ranks.reduce((sum, rank) => sum + Math.sqrt(rank), 1);
  return unit * factors + truncationRounding(chain);
}

/** What the truncations lose in double precision, over the norm of the matrix. */
function truncationRounding({ patterns }: Chain): number {
  return patterns.reduce((sum, { b, c }) => sum + 2 ** -51 * (b + c), 0);
}
