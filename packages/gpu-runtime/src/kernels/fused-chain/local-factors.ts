import { Chain, Pattern } from "@papilio/butterfly";

/**
 * A factor of a chain as one block of the chain's product sees it: a small Kronecker-sparse factor of its
 * own. Local index `p` of block `(i', k')` is the feature `(i'*c' + p)*d' + k'`.
 */
export interface LocalFactor {
  readonly pattern: Pattern;
  /** Index among the factors of the chain. */
  readonly index: number;
}

/** The factors of a chain inside one block of its product, in the order in which they are applied. */
export function localFactors(chain: Chain): LocalFactor[] {
  const { a, d } = chain.product();
  return chain.patterns
    .map((pattern, index) => ({
      index,
      pattern: new Pattern(pattern.a / a, pattern.b, pattern.c, pattern.d / d),
    }))
    .reverse();
}

/** The widest vector that one block passes on, its input and its output among them. */
export function localWidth(chain: Chain): number {
  return Math.max(...localFactors(chain).flatMap(({ pattern }) => [pattern.rows, pattern.cols]));
}

/** Weights of one block. */
export function localWeights(chain: Chain): number {
  return chain.nonZeros / chain.product().blocks;
}

/** Some neighbouring factors of a chain, from number `from` on. */
export interface PartOfChain {
  readonly chain: Chain;
  readonly from: number;
}

/** Parts of a chain, of so many factors each (left-most first), in the order of their application. */
export function partsOf(chain: Chain, lengths: readonly number[]): PartOfChain[] {
  let to = 0;
  return lengths
    .map((length) => {
      to += length;
      return { chain: Chain.of(chain.patterns.slice(to - length, to)), from: to - length };
    })
    .reverse();
}

/**
 * Calls `visit` for every product of a chain's block, in the order in which weights are packed: factor
 * by factor as they are applied, output by output, input by input.
 *
 * @param visit factor among those of the chain, its local output row, local input row, and the
 * place `(i, j, l, k)` of the value in the local pattern
 */
export function forEachProduct(
  factors: readonly LocalFactor[],
  visit: (
    factor: LocalFactor,
    output: number,
    input: number,
    place: { readonly i: number; readonly j: number; readonly l: number; readonly k: number },
  ) => void,
): void {
  for (const factor of factors) {
    const { a, b, c, d } = factor.pattern;
    for (let i = 0; i < a; i++) {
      for (let j = 0; j < b; j++) {
        for (let k = 0; k < d; k++) {
          for (let l = 0; l < c; l++) {
            visit(factor, (i * b + j) * d + k, (i * c + l) * d + k, { i, j, l, k });
          }
        }
      }
    }
  }
}
