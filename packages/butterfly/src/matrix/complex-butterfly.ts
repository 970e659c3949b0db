import {
  requireButterfly,
  requireChain,
  requireComplexFactor,
  requireListOf,
} from "../errors/matrix-checks.ts";
import type { Complex } from "../numeric/complex.ts";
import {
  type FloatArray,
  type FloatArrays,
  type FloatType,
  floatTypeOf,
  requireDense,
  zerosLike,
} from "../numeric/float-array.ts";
import { drawing, type RandomOptions } from "../numeric/random.ts";
import { Chain } from "../pattern/chain.ts";
import type { Butterfly } from "./butterfly.ts";
import { ComplexKroneckerSparse, drawComplexFactor } from "./complex-kronecker-sparse.ts";
import type { KroneckerSparse } from "./kronecker-sparse.ts";
import { referenceProduct } from "./reference-product.ts";

/**
 * A butterfly matrix of complex values: the product of complex Kronecker-sparse factors with
 * chainable patterns, left-most factor first.
 *
 * @example
 * ```ts
 * const matrix = ComplexButterfly.random(Chain.squareDyadic(1024), { seed: 0 });
 * using weights = await compile(matrix, reference);
 * const y = await weights.multiply({ re, im }, { batch: 1, layout: "batch-first" });
 * ```
 */
export class ComplexButterfly<V extends FloatArray = Float32Array> {
  readonly factors: readonly ComplexKroneckerSparse<V>[];
  readonly chain: Chain;

  /**
   * @param factors left-most first; kept, not copied
   * @throws PapilioError `CHAIN_EMPTY`, `CHAIN_NOT_CHAINABLE`; `OPTION_INVALID` for what is not a list
   *   of complex factors
   */
  constructor(factors: readonly ComplexKroneckerSparse<V>[]) {
    requireListOf("The factors", factors, requireComplexFactor);
    this.chain = Chain.of(factors.map((factor) => factor.pattern));
    this.factors = Object.freeze([...factors]);
  }

  /**
   * Factors drawn from one sequence, left-most first: {@link ComplexKroneckerSparse.random}.
   *
   * @throws PapilioError `SEED_INVALID`, `ARRAY_TOO_LARGE`
   */
  static random<T extends FloatType = "float32">(
    chain: Chain,
    options: RandomOptions<T>,
  ): ComplexButterfly<FloatArrays[T]> {
    requireChain("The chain", chain);
    const { next, dtype } = drawing(options);
    return new ComplexButterfly(
      chain.patterns.map((pattern) => drawComplexFactor(pattern, next, dtype)),
    );
  }

  /** A real butterfly as a complex one. */
  static fromReal<V extends FloatArray>(butterfly: Butterfly<V>): ComplexButterfly<V> {
    requireButterfly("The matrix", butterfly);
    return new ComplexButterfly(
      butterfly.factors.map((factor: KroneckerSparse<V>) =>
        ComplexKroneckerSparse.fromReal(factor),
      ),
    );
  }

  /**
   * The product as a dense matrix, `[rows, cols]` row-major: the image of the identity.
   *
   * @throws PapilioError `DENSE_TOO_LARGE` for more than 2^28 entries here or in the identity,
   *   before any is allocated; `ARRAY_TOO_LARGE`
   */
  dense(): Complex<V> {
    const { rows, cols } = this.chain;
    requireDense(rows, cols);
    requireDense(cols, cols);
    const [{ re }] = this.factors as [ComplexKroneckerSparse<V>];
    const identity = zerosLike(re.values, cols * cols);
    for (let index = 0; index < cols; index++) identity[index * (cols + 1)] = 1;
    const none = zerosLike(re.values, cols * cols);
    return referenceProduct(
      this,
      { re: identity, im: none },
      { batch: cols, layout: "batch-last" },
    );
  }

  /** The transposed matrix: transposed factors in reverse order; nothing is conjugated. */
  transpose(): ComplexButterfly<V> {
    return new ComplexButterfly(this.factors.map((factor) => factor.transpose()).reverse());
  }

  conjugate(): ComplexButterfly<V> {
    return new ComplexButterfly(this.factors.map((factor) => factor.conjugate()));
  }

  /** The same matrix with values of its own. */
  copy(): ComplexButterfly<V> {
    return new ComplexButterfly(this.factors.map((factor) => factor.copy()));
  }

  /** The same matrix with equal blocks of its factors stored once. */
  share(): ComplexButterfly<V> {
    return new ComplexButterfly(this.factors.map((factor) => factor.share()));
  }

  /** The same matrix with its values in another precision, rounded where that is lower. */
  convert<T extends FloatType>(dtype: T): ComplexButterfly<FloatArrays[T]> {
    return new ComplexButterfly(this.factors.map((factor) => factor.convert(dtype)));
  }

  /**
   * The same matrix with factors `from` to `to - 1` multiplied into one, in float64, rounded once.
   *
   * @throws PapilioError `CHAIN_RANGE`, `CHAIN_NOT_CHAINABLE`, `ARRAY_TOO_LARGE`
   */
  merge(from: number, to: number): ComplexButterfly<V> {
    this.chain.product(from, to); // refuses a bad range, and factors that are not chainable
    const run = this.factors.slice(from, to);
    const [{ re }] = run as [ComplexKroneckerSparse<V>];
    const product = run
      .map((factor) => factor.convert("float64"))
      .reduce((left, right) => left.matmul(right))
      .convert(floatTypeOf(re.values)) as ComplexKroneckerSparse<V>;
    return new ComplexButterfly(this.factors.toSpliced(from, to - from, product));
  }
}
