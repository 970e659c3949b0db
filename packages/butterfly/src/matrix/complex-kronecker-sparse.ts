import { requireComplexFactor, requireFactor, requirePattern } from "../errors/matrix-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { addScaled, type Complex, requireParts } from "../numeric/complex.ts";
import type { FloatArray, FloatArrays, FloatType } from "../numeric/float-array.ts";
import { drawing, type RandomOptions } from "../numeric/random.ts";
import type { Pattern } from "../pattern/pattern.ts";
import { drawFactor, KroneckerSparse } from "./kronecker-sparse.ts";

/**
 * A Kronecker-sparse factor of complex values: `re + i·im`, two real factors of one pattern. Each
 * part stores its equal blocks once by itself.
 *
 * @example
 * ```ts
 * const factor = ComplexKroneckerSparse.random(Pattern.parse("4,64,64,4"), { seed: 0 });
 * using weights = await compile(factor, reference);
 * const y = await weights.multiply({ re: cosines, im: sines }, { batch: 1, layout: "batch-first" });
 * ```
 */
export class ComplexKroneckerSparse<V extends FloatArray = Float32Array> {
  readonly re: KroneckerSparse<V>;
  readonly im: KroneckerSparse<V>;

  /** @throws PapilioError `COMPLEX_PARTS` unless both parts have the same pattern */
  constructor(re: KroneckerSparse<V>, im: KroneckerSparse<V>) {
    requireFactor("The real part", re);
    requireFactor("The imaginary part", im);
    if (!re.pattern.equals(im.pattern)) {
      throw new PapilioError(
        "COMPLEX_PARTS",
        `The real part has the pattern ${re.pattern} and the imaginary part ${im.pattern}.`,
        "Pass two factors of the same pattern.",
      );
    }
    this.re = re;
    this.im = im;
  }

  /**
   * Values whose parts are drawn as those of {@link KroneckerSparse.random}, so that the variance of
   * vectors doubles in each part.
   *
   * @throws PapilioError `SEED_INVALID`, `ARRAY_TOO_LARGE`
   */
  static random<T extends FloatType = "float32">(
    pattern: Pattern,
    options: RandomOptions<T>,
  ): ComplexKroneckerSparse<FloatArrays[T]> {
    requirePattern("The pattern", pattern);
    const { next, dtype } = drawing(options);
    return drawComplexFactor(pattern, next, dtype);
  }

  /** A real factor as a complex one. */
  static fromReal<V extends FloatArray>(re: KroneckerSparse<V>): ComplexKroneckerSparse<V> {
    requireFactor("The factor", re);
    return new ComplexKroneckerSparse(
      re,
      re.map((values) => values.map(() => 0) as V),
    );
  }

  /**
   * Reads the values off a dense matrix that has this pattern.
   *
   * @param dense `[rows, cols]` row-major
   * @throws PapilioError `DENSE_LENGTH`; `OFF_SUPPORT` when an entry off the support is not zero
   */
  static fromDense<V extends FloatArray>(
    pattern: Pattern,
    dense: Complex<V>,
  ): ComplexKroneckerSparse<V> {
    requireParts(dense);
    return new ComplexKroneckerSparse(
      KroneckerSparse.fromDense(pattern, dense.re),
      KroneckerSparse.fromDense(pattern, dense.im),
    );
  }

  get pattern(): Pattern {
    return this.re.pattern;
  }

  /**
   * The matrix with its zeros, `[rows, cols]` row-major.
   *
   * @throws PapilioError `DENSE_TOO_LARGE` for more than 2^28 entries, before any is allocated
   */
  dense(): Complex<V> {
    return { re: this.re.dense(), im: this.im.dense() };
  }

  /** The transposed factor, of pattern `(a, c, b, d)`; nothing is conjugated. */
  transpose(): ComplexKroneckerSparse<V> {
    return this.#map((part) => part.transpose());
  }

  conjugate(): ComplexKroneckerSparse<V> {
    const negated = this.im.map((values) => values.map((value) => -value) as V);
    return new ComplexKroneckerSparse(this.re, negated);
  }

  /** The same factor with values of its own. */
  copy(): ComplexKroneckerSparse<V> {
    return this.#map((part) => part.map((values) => values.slice() as V));
  }

  /** The same factor with equal blocks of either part stored once: {@link KroneckerSparse.share}. */
  share(): ComplexKroneckerSparse<V> {
    return this.#map((part) => part.share());
  }

  /** The same factor with every value of either part stored, `[a, b, c, d]`. */
  expand(): ComplexKroneckerSparse<V> {
    return this.#map((part) => part.expand());
  }

  /** The same factor with its values in another precision, rounded where that is lower. */
  convert<T extends FloatType>(dtype: T): ComplexKroneckerSparse<FloatArrays[T]> {
    return new ComplexKroneckerSparse(this.re.convert(dtype), this.im.convert(dtype));
  }

  /**
   * The product of two chainable factors, again a factor: {@link KroneckerSparse.matmul}.
   *
   * @throws PapilioError `CHAIN_NOT_CHAINABLE`
   */
  matmul(right: ComplexKroneckerSparse<V>): ComplexKroneckerSparse<V> {
    requireComplexFactor("The right factor", right);
    const combine = (
      left: KroneckerSparse<V>,
      sign: number,
      other: KroneckerSparse<V>,
    ): KroneckerSparse<V> => left.map((values) => addScaled(values, sign, other.values));
    return new ComplexKroneckerSparse(
      combine(this.re.matmul(right.re), -1, this.im.matmul(right.im)),
      combine(this.re.matmul(right.im), 1, this.im.matmul(right.re)),
    );
  }

  #map(change: (part: KroneckerSparse<V>) => KroneckerSparse<V>): ComplexKroneckerSparse<V> {
    return new ComplexKroneckerSparse(change(this.re), change(this.im));
  }
}

/** A factor whose parts are drawn from a sequence, the real one first. */
export function drawComplexFactor<T extends FloatType>(
  pattern: Pattern,
  next: () => number,
  dtype: T,
): ComplexKroneckerSparse<FloatArrays[T]> {
  const re = drawFactor(pattern, next, dtype);
  return new ComplexKroneckerSparse(re, drawFactor(pattern, next, dtype));
}
