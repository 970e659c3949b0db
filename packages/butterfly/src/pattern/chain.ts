import { requireText } from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { requireListOf, requirePattern } from "../errors/matrix-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { type Chainability, chainability } from "./chainability.ts";
import { Pattern } from "./pattern.ts";
import {
  type MonarchShape,
  monarchPatterns,
  type Radices,
  radixPatterns,
  squareDyadicPatterns,
  squareMonarchPatterns,
} from "./presets.ts";

/**
 * The patterns of a butterfly matrix, left-most factor first, every neighbouring pair chainable (see
 * {@link chainability}). The product of any run of neighbours is then Kronecker-sparse. Immutable.
 *
 * The condition has a direction: `a` grows and `d` shrinks from left to right. Transposition turns
 * it round, so a chain whose transpose meets the condition is accepted too, and is `transposed`.
 *
 * Source: arXiv 2411.04506, the definition of a chainable architecture.
 *
 * @example
 * ```ts
 * const chain = Chain.parse("1,32,32,32; 32,32,32,1");
 * chain.product(0, 2).toString(); // "1,1024,1024,1"
 * ```
 */
export class Chain {
  readonly patterns: readonly Pattern[];
  /** The rank of each pair of neighbours: one number fewer than patterns. */
  readonly ranks: readonly number[];
  /** Whether it is the transpose of the chain that meets the condition. */
  readonly transposed: boolean;

  private constructor(patterns: readonly Pattern[], ranks: readonly number[], transposed: boolean) {
    this.patterns = Object.freeze([...patterns]);
    this.ranks = Object.freeze(ranks);
    this.transposed = transposed;
    Object.freeze(this);
  }

  /**
   * @param patterns left-most factor first
   * @throws PapilioError `CHAIN_EMPTY`; `CHAIN_NOT_CHAINABLE` with the pair and the reason;
   *   `OPTION_INVALID` for what is not a list of patterns
   */
  static of(patterns: readonly Pattern[]): Chain {
    requireListOf("The patterns", patterns, requirePattern);
    if (patterns.length === 0) {
      throw new PapilioError("CHAIN_EMPTY", "The chain has no patterns.", "Give at least one.");
    }
    const pairs = patterns
      .slice(1)
      .map((right, index) => [patterns[index] as Pattern, right] as const);
    const direct = pairs.map(([left, right]) => chainability(left, right));
    const directRanks = ranksOf(direct);
    if (directRanks) return new Chain(patterns, directRanks, false);
    const turned = pairs.map(([left, right]) => chainability(right.transpose(), left.transpose()));
    const turnedRanks = ranksOf(turned);
    if (turnedRanks) return new Chain(patterns, turnedRanks, true);
    throw notChainable(patterns, direct, turned);
  }

  /**
   * Reads patterns separated by semicolons, such as `"1,64,64,64; 64,64,64,1"`.
   *
   * @throws PapilioError `CHAIN_EMPTY`, `CHAIN_NOT_CHAINABLE`, and what {@link Pattern.parse} throws
   */
  static parse(text: string): Chain {
    requireText("The text of a chain", text);
    return Chain.of(text.trim() === "" ? [] : text.split(";").map((part) => Pattern.parse(part)));
  }

  /**
   * The square dyadic chain of size `n = 2^L`: `(2^(l-1), 2, 2, 2^(L-l))` for l = 1..L. All ranks
   * are 1, and the product is dense: Hadamard and (after a permutation) Fourier matrices are such.
   *
   * @throws PapilioError `CHAIN_SIZE` unless `n` is a power of two of at least 2
   */
  static squareDyadic(n: number): Chain {
    return Chain.of(squareDyadicPatterns(n));
  }

  /**
   * A Monarch chain of two factors, whose product is dense.
   *
   * For a square size `n = p*q` with the most balanced divisors `p <= q`: `(1, p, p, q)(p, q, q, 1)`.
   * For a shape, with `q = min(rows, cols) / blocks`:
   * `(1, rows/q, rank*blocks, q)(blocks, rank*q, cols/blocks, 1)`. The right factor has `blocks`
   * blocks and the left one `q`; the vector between them has `rank * min(rows, cols)` elements.
   *
   * Source: arXiv 2204.00595 (Monarch); arXiv 2411.04506 for it as a chain.
   *
   * @throws PapilioError `CHAIN_SIZE` when a number is not positive and whole or does not divide,
   *   and when `n` has no divisor but 1 and itself
   *
   * @example
   * ```ts
   * Chain.monarch(1024).toString(); // "1,32,32,32;32,32,32,1"
   * Chain.monarch({ rows: 1536, cols: 384, blocks: 16 }).toString(); // "1,64,16,24;16,24,24,1"
   * ```
   */
  static monarch(size: number | MonarchShape): Chain {
    return Chain.of(typeof size === "number" ? squareMonarchPatterns(size) : monarchPatterns(size));
  }

  /**
   * The chain of given radices, whose product is dense: `L` factors of blocks `ml x nl`, times the
   * rank. With all radices 2 it is the square dyadic chain, with two factors a Monarch chain.
   *
   * @throws PapilioError `CHAIN_SIZE` unless there are as many radices of the rows as of the columns,
   *   all of them positive and whole, and the rank; `CHAIN_EMPTY`
   *
   * @example
   * ```ts
   * Chain.ofRadices({ rows: [4, 4, 4], cols: [4, 4, 4] }).toString(); // "1,4,4,16;4,4,4,4;16,4,4,1"
   * ```
   */
  static ofRadices(radices: Radices): Chain {
    return Chain.of(radixPatterns(radices));
  }

  /** Number of factors. */
  get length(): number {
    return this.patterns.length;
  }

  /** Rows of the product. */
  get rows(): number {
    return (this.patterns[0] as Pattern).rows;
  }

  /** Columns of the product. */
  get cols(): number {
    return (this.patterns.at(-1) as Pattern).cols;
  }

  /** Stored values of all factors. */
  get nonZeros(): number {
    return this.patterns.reduce((sum, pattern) => sum + pattern.nonZeros, 0);
  }

  /**
   * The pattern of the product of factors `from` to `to - 1`, of all unless given. For
   * `(a1, b1, c1, d1)` first and `(a2, b2, c2, d2)` last it is `(a1, b1*d1/d2, a2*c2/a1, d2)`.
   *
   * @throws PapilioError `CHAIN_RANGE` unless `0 <= from < to <= length`; `PATTERN_INVALID` when
   *   the product has 2^53 values or more
   */
  product(from: number = 0, to: number = this.length): Pattern {
    const [first, last] = this.#ends(from, to);
    const { a } = this.transposed ? last : first;
    const { d } = this.transposed ? first : last;
    return new Pattern(a, first.rows / (a * d), last.cols / (a * d), d);
  }

  /**
   * The chain of factors `from` to `to - 1`.
   *
   * @throws PapilioError `CHAIN_RANGE` unless `0 <= from < to <= length`
   */
  slice(from: number, to: number): Chain {
    this.#ends(from, to); // refuses a bad range
    return Chain.of(this.patterns.slice(from, to));
  }

  /** The chain of the transposed product: transposed patterns in reverse order. */
  transpose(): Chain {
    return Chain.of(this.patterns.map((pattern) => pattern.transpose()).reverse());
  }

  /** `"a,b,c,d;a,b,c,d"`, which {@link Chain.parse} reads back. */
  toString(): string {
    return this.patterns.join(";");
  }

  #ends(from: number, to: number): [first: Pattern, last: Pattern] {
    const whole = Number.isSafeInteger(from) && Number.isSafeInteger(to);
    const [first, last] = whole ? [this.patterns[from], this.patterns[to - 1]] : [];
    if (first && last && from < to) return [first, last];
    throw new PapilioError(
      "CHAIN_RANGE",
      `There are no factors from ${describeValue(from)} to before ${describeValue(to)} in a chain of ${this.length}.`,
      `Use whole numbers with 0 <= from < to <= ${this.length}.`,
    );
  }
}

function ranksOf(links: readonly Chainability[]): number[] | undefined {
  return links.every((link) => link.chainable) ? links.map((link) => link.rank) : undefined;
}

/** Names the first pair that fails in both directions, or else the first that turns round. */
function notChainable(
  patterns: readonly Pattern[],
  direct: readonly Chainability[],
  turned: readonly Chainability[],
): PapilioError {
  const fails = (link: Chainability | undefined): boolean => link?.chainable === false;
  const both = direct.findIndex((link, index) => fails(link) && fails(turned[index]));
  const index = both >= 0 ? both : direct.findIndex(fails);
  const link = direct[index];
  const reason = link?.chainable === false ? link.reason : "";
  return new PapilioError(
    "CHAIN_NOT_CHAINABLE",
    `(${patterns[index]}) and (${patterns[index + 1]}), factors ${index + 1} and ${index + 2} of ` +
      `${patterns.length} from the left, are not chainable: ${reason}.`,
    "Neighbours need a1 | a2, d2 | d1 and a1*c1/a2 = b2*d2/d1 whole, or the same of the transpose.",
  );
}
