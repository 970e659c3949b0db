import { requireText } from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { requirePattern } from "../errors/matrix-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";

/**
 * The pattern `(a, b, c, d)` of a Kronecker-sparse factor: a matrix of `a*b*d` rows and `a*c*d`
 * columns whose support is `I_a ⊗ 1_{b×c} ⊗ I_d`. It is made of `a*d` dense blocks of size `b×c`:
 * block `(i, k)` meets the rows `(i*b + j)*d + k` for `j < b` and the columns `(i*c + l)*d + k` for
 * `l < c`. Immutable.
 *
 * Source: arXiv 2405.15013, the definition of a Kronecker-sparse matrix.
 *
 * @example
 * ```ts
 * const pattern = Pattern.parse("4,64,64,4");
 * pattern.rows; // 1024
 * pattern.density; // 0.0625
 * ```
 */
export class Pattern {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;

  /**
   * @throws PapilioError `PATTERN_INVALID` unless all four are whole numbers of at least 1 and
   *   `a*b*c*d` is at most 2^53 - 1, so that every size of the pattern is exact
   */
  constructor(a: number, b: number, c: number, d: number) {
    if (!(isEntry(a) && isEntry(b) && isEntry(c) && isEntry(d))) {
      const entries = Object.entries({ a, b, c, d });
      const [name, entry] = entries.find(([, each]) => !isEntry(each)) as [string, unknown];
      throw new PapilioError(
        "PATTERN_INVALID",
        `In the pattern ${[a, b, c, d].map(describeValue)}, ${name} is ${describeValue(entry)}: not a whole number from 1 to 2^53 - 1.`,
        "Give four positive whole numbers, such as 4,64,64,4.",
      );
    }
    // Rounding is monotonic: the computed product leaves the safe range exactly when the true one does.
    if (!Number.isSafeInteger(a * b * c * d)) {
      throw new PapilioError(
        "PATTERN_INVALID",
        `The pattern ${a},${b},${c},${d} has about ${(a * b * c * d).toPrecision(3)} values: more than 2^53 - 1.`,
        "Give a pattern whose product a*b*c*d is at most 2^53 - 1.",
      );
    }
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
    Object.freeze(this);
  }

  /**
   * Reads `"a,b,c,d"`; spaces around entries and one pair of parentheses around all are accepted.
   *
   * @throws PapilioError `PATTERN_SYNTAX` when the text is not a list of four whole numbers,
   *   `PATTERN_INVALID` when they make no pattern; `OPTION_INVALID` for what is not a text
   */
  static parse(text: string): Pattern {
    requireText("The text of a pattern", text);
    const trimmed = text.trim();
    const inner = trimmed.startsWith("(") && trimmed.endsWith(")") ? trimmed.slice(1, -1) : trimmed;
    const [a, b, c, d, ...rest] = inner.split(",").map(wholeNumber);
    if (
      a === undefined ||
      b === undefined ||
      c === undefined ||
      d === undefined ||
      rest.length > 0
    ) {
      throw new PapilioError(
        "PATTERN_SYNTAX",
        `${describeValue(text)} is not a pattern.`,
        'Write four whole numbers separated by commas, such as "4,64,64,4".',
      );
    }
    return new Pattern(a, b, c, d);
  }

  /** Number of rows, `a*b*d`: the length of an output vector. */
  get rows(): number {
    return this.a * this.b * this.d;
  }

  /** Number of columns, `a*c*d`: the length of an input vector. */
  get cols(): number {
    return this.a * this.c * this.d;
  }

  /** Number of stored values, `a*b*c*d`. */
  get nonZeros(): number {
    return this.a * this.b * this.c * this.d;
  }

  /** Number of dense `b×c` blocks, `a*d`. */
  get blocks(): number {
    return this.a * this.d;
  }

  /** Stored values over entries of the dense matrix: `1 / (a*d)`. */
  get density(): number {
    return 1 / this.blocks;
  }

  /** The pattern of the transposed factor: `(a, c, b, d)`. */
  transpose(): Pattern {
    return new Pattern(this.a, this.c, this.b, this.d);
  }

  /** @throws PapilioError `OPTION_INVALID` for what is not a pattern */
  equals(other: Pattern): boolean {
    requirePattern("The other pattern", other);
    return this.a === other.a && this.b === other.b && this.c === other.c && this.d === other.d;
  }

  /** `"a,b,c,d"`, which {@link Pattern.parse} reads back. */
  toString(): string {
    return `${this.a},${this.b},${this.c},${this.d}`;
  }
}

function wholeNumber(text: string): number | undefined {
  const digits = text.trim();
  return /^\d+$/.test(digits) ? Number(digits) : undefined;
}

function isEntry(entry: number): boolean {
  return Number.isSafeInteger(entry) && entry >= 1;
}
