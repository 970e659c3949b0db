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

/** Two neighbours, in either direction. */
interface Link {
  readonly direct: Chainability;
  readonly turned: Chainability;
}

type Direction = keyof Link;
const DIRECTIONS: readonly Direction[] = ["direct", "turned"];

type Chainable = Extract<Chainability, { chainable: true }>;

/**
 * The patterns of a product of factors, left-most factor first: each has as many columns as the next has
 * rows. Immutable.
 *
 * Where every neighbouring pair is chainable (see {@link chainability}), the chain is `chainable`, and its
 * product is a butterfly matrix: the product of any run of neighbours is Kronecker-sparse too, so that runs
 * merge into one factor and matrices factorize into the chain. Other chains multiply as well; what is asked
 * of them besides is `CHAIN_NOT_CHAINABLE`.
 *
 * Chainability has a direction: `a` grows and `d` shrinks from left to right. Transposition turns it round,
 * so a chain whose transpose meets the condition is chainable too, and is `transposed`.
 *
 * Source: arXiv 2411.04506, the definition of a chainable architecture.
 *
 * @example
 * ```ts
 * const chain = Chain.parse("1,32,32,32; 32,32,32,1");
 * chain.product(0, 2).toString(); // "1,1024,1024,1"
 * Chain.parse("1,4,4,3; 3,4,4,1; 1,4,4,3").chainable; // false
 * ```
 */
export class Chain {
  readonly patterns: readonly Pattern[];
  /** Of each pair of neighbours, as it is and transposed. */
  readonly #links: readonly Link[];

  private constructor(patterns: readonly Pattern[], links: readonly Link[]) {
    this.patterns = Object.freeze([...patterns]);
    this.#links = links;
    Object.freeze(this);
  }

  /**
   * @param patterns left-most factor first
   * @throws PapilioError `CHAIN_EMPTY`; `CHAIN_NOT_CHAINABLE` with the pair and the sizes where a pattern has
   *   not as many columns as the next has rows; `OPTION_INVALID` for what is not a list of patterns
   */
  static of(patterns: readonly Pattern[]): Chain {
    requireListOf("The patterns", patterns, requirePattern);
    if (patterns.length === 0) {
      throw new PapilioError("CHAIN_EMPTY", "The chain has no patterns.", "Give at least one.");
    }
    const links = patterns.slice(1).map((right, index): Link => {
      const left = patterns[index] as Pattern;
      return {
        direct: chainability(left, right),
        turned: chainability(right.transpose(), left.transpose()),
      };
    });
    const chain = new Chain(patterns, links);
    const misfit = links.findIndex(
      (_, index) => patterns[index]?.cols !== patterns[index + 1]?.rows,
    );
    if (misfit >= 0) throw chain.#notChainable(misfit, "Give neighbours whose sizes agree.");
    return chain;
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
   * `(1, rows/q, rank*blocks, q)(blocks, rank*q, cols/blocks, 1)`, or with another number `leftBlocks` for `q`,
   * for any that divides the rows. The right factor has `blocks`
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

  /** Whether all neighbours are chainable in one direction. */
  get chainable(): boolean {
    return this.isChainable(0, this.length);
  }

  /**
   * Whether factors `from` to `to - 1` are chainable, so that they have a {@link Chain.product}. One factor is.
   *
   * @throws PapilioError `CHAIN_RANGE` unless `0 <= from < to <= length`
   */
  isChainable(from: number, to: number): boolean {
    this.#ends(from, to); // refuses a bad range
    return this.#directionOf(from, to) !== undefined;
  }

  /** Whether it is chainable, but only the other way round: its transpose meets the condition. */
  get transposed(): boolean {
    return this.#directionOf(0, this.length) === "turned";
  }

  /**
   * The rank of each pair of neighbours: one number fewer than patterns.
   *
   * @throws PapilioError `CHAIN_NOT_CHAINABLE`
   */
  get ranks(): readonly number[] {
    const direction = this.#requireDirection(0, this.length);
    return this.#links.map((link) => (link[direction] as Chainable).rank);
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
   * @throws PapilioError `CHAIN_RANGE` unless `0 <= from < to <= length`; `CHAIN_NOT_CHAINABLE` with the pair
   *   and the reason; `PATTERN_INVALID` when the product has 2^53 values or more
   */
  product(from: number = 0, to: number = this.length): Pattern {
    const [first, last] = this.#ends(from, to);
    const turned = this.#requireDirection(from, to) === "turned";
    const { a } = turned ? last : first;
    const { d } = turned ? first : last;
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
    const first = whole ? this.patterns[from] : undefined;
    const last = whole ? this.patterns[to - 1] : undefined;
    if (first && last && from < to) return [first, last];
    throw new PapilioError(
      "CHAIN_RANGE",
      `There are no factors from ${describeValue(from)} to before ${describeValue(to)} in a chain of ${this.length}.`,
      `Use whole numbers with 0 <= from < to <= ${this.length}.`,
    );
  }

  /** In which direction factors `from` to `to - 1` are chainable, if they are. */
  #directionOf(from: number, to: number): Direction | undefined {
    const links = this.#links.slice(from, to - 1);
    return DIRECTIONS.find((direction) => links.every((link) => link[direction].chainable));
  }

  #requireDirection(from: number, to: number): Direction {
    const direction = this.#directionOf(from, to);
    if (direction !== undefined) return direction;
    // The first pair that fails in both directions, or else the first that turns round.
    const links = this.#links.slice(from, to - 1);
    const both = links.findIndex(({ direct, turned }) => !direct.chainable && !turned.chainable);
    const index = both >= 0 ? both : links.findIndex(({ direct }) => !direct.chainable);
    throw this.#notChainable(
      from + index,
      "Multiply by the factors as they are, or give neighbours with a1 | a2, d2 | d1 and a1*c1/a2 = b2*d2/d1 whole, or the same of the transpose.",
    );
  }

  #notChainable(index: number, fix: string): PapilioError {
    const direct = this.#links[index]?.direct;
    const reason = direct?.chainable === false ? direct.reason : "";
    return new PapilioError(
      "CHAIN_NOT_CHAINABLE",
      `(${this.patterns[index]}) and (${this.patterns[index + 1]}), factors ${index + 1} and ${index + 2} of ` +
        `${this.length} from the left, are not chainable: ${reason}.`,
      fix,
    );
  }
}
