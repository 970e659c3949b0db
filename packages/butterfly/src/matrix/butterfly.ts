import { requireChain, requireFactor, requireListOf } from "../errors/matrix-checks.ts";
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
import { drawFactor, type KroneckerSparse } from "./kronecker-sparse.ts";
import { referenceProduct } from "./reference-product.ts";

/**
 * The product of Kronecker-sparse factors, left-most factor first: a butterfly matrix where their patterns are
 * chainable. Where they are not, the factors multiply all the same, but do not merge. Source: arXiv 2411.04506.
 *
 * @example
 * ```ts
 * const matrix = Butterfly.random(Chain.squareDyadic(1024), { seed: 0 });
 * using weights = await compile(matrix, reference);
 * const y = await weights.multiply(new Float32Array(1024).fill(1), { batch: 1, layout: "batch-first" });
 * const merged = matrix.merge(0, 5); // five factors become one
 * ```
 */
export class Butterfly<V extends FloatArray = Float32Array> {
  readonly factors: readonly KroneckerSparse<V>[];
  readonly chain: Chain;

  /**
   * @param factors left-most first; kept, not copied
   * @throws PapilioError `CHAIN_EMPTY`, `CHAIN_NOT_CHAINABLE`; `OPTION_INVALID` for what is not a list
   *   of factors
   */
  constructor(factors: readonly KroneckerSparse<V>[]) {
    requireListOf("The factors", factors, requireFactor);
    this.chain = Chain.of(factors.map((factor) => factor.pattern));
    this.factors = Object.freeze([...factors]);
  }

  /**
   * Factors drawn from one sequence, left-most first, each scaled as by
   * {@link KroneckerSparse.random}, so that the product preserves variance.
   *
   * @throws PapilioError `SEED_INVALID`, `ARRAY_TOO_LARGE`
   */
  static random<T extends FloatType = "float32">(
    chain: Chain,
    options: RandomOptions<T>,
  ): Butterfly<FloatArrays[T]> {
    requireChain("The chain", chain);
    const { next, dtype } = drawing(options);
    return new Butterfly(chain.patterns.map((pattern) => drawFactor(pattern, next, dtype)));
  }

  /**
   * The product as a dense matrix, `[rows, cols]` row-major: the image of the identity.
   *
   * @throws PapilioError `DENSE_TOO_LARGE` for more than 2^28 entries here or in the identity,
   *   before any is allocated; `ARRAY_TOO_LARGE`
   */
  dense(): V {
    const { rows, cols } = this.chain;
    requireDense(rows, cols);
    requireDense(cols, cols);
    const [{ values }] = this.factors as [KroneckerSparse<V>];
    const identity = zerosLike(values, cols * cols);
    for (let index = 0; index < cols; index++) identity[index * (cols + 1)] = 1;
    return referenceProduct(this, identity, { batch: cols, layout: "batch-last" });
  }

  /** The transposed matrix: transposed factors in reverse order. */
  transpose(): Butterfly<V> {
    return new Butterfly(this.factors.map((factor) => factor.transpose()).reverse());
  }

  /** The butterfly of the absolute values: `|W1| ... |WL|`, of which bounds of errors are made. */
  absolute(): Butterfly<V> {
    return new Butterfly(
      this.factors.map((factor) => factor.map((values) => values.map(Math.abs) as V)),
    );
  }

  /** The same matrix with values of its own. */
  copy(): Butterfly<V> {
    return new Butterfly(this.factors.map((factor) => factor.map((values) => values.slice() as V)));
  }

  /** The same matrix with equal blocks of its factors stored once: {@link KroneckerSparse.share}. */
  share(): Butterfly<V> {
    return new Butterfly(this.factors.map((factor) => factor.share()));
  }

  /** The same matrix with its values in another precision, rounded where that is lower. */
  convert<T extends FloatType>(dtype: T): Butterfly<FloatArrays[T]> {
    return new Butterfly(this.factors.map((factor) => factor.convert(dtype)));
  }

  /**
   * A bound of how much the factors can magnify an error between two of them, at least 1: the product
   * of their largest sums of absolute values in a row, the right-most factor left out.
   */
  magnification(): number {
    const { factors } = this.absolute();
    return factors.slice(0, -1).reduce((product, factor) => {
      const ones = new Float64Array(factor.pattern.cols).fill(1);
      const sums = referenceProduct(factor, ones, { batch: 1, layout: "batch-last" });
      return product * sums.reduce((most, sum) => Math.max(most, sum), 1);
    }, 1);
  }

  /**
   * The same matrix with factors `from` to `to - 1` multiplied into one, in float64, rounded once.
   *
   * @throws PapilioError `CHAIN_RANGE`, `CHAIN_NOT_CHAINABLE`, `ARRAY_TOO_LARGE`
   */
  merge(from: number, to: number): Butterfly<V> {
    this.chain.product(from, to); // refuses a bad range, and factors that are not chainable
    const run = this.factors.slice(from, to);
    const [{ values }] = run as [KroneckerSparse<V>];
    const product = run
      .map((factor) => factor.convert("float64"))
      .reduce((left, right) => left.matmul(right))
      .convert(floatTypeOf(values)) as KroneckerSparse<V>;
    return new Butterfly(this.factors.toSpliced(from, to - from, product));
  }
}
