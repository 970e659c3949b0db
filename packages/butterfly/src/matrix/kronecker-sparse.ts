import { requireFloats, requireFunction } from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { requireFactor, requirePattern } from "../errors/matrix-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import {
  type FloatArray,
  type FloatArrays,
  type FloatType,
  floatTypeOf,
  requireDense,
  zeros,
  zerosLike,
} from "../numeric/float-array.ts";
import { draw, drawing, type RandomOptions } from "../numeric/random.ts";
import { requireStorable } from "../numeric/storable.ts";
import { Chain } from "../pattern/chain.ts";
import { Pattern } from "../pattern/pattern.ts";
import { forEachNonZero, supports } from "../pattern/support.ts";
import { findSharing, reshareValues, type Sharing, storedPattern, UNSHARED } from "./sharing.ts";

/**
 * A Kronecker-sparse factor: a pattern and its `a*b*c*d` values, of which equal blocks may be stored
 * once (see {@link Sharing}). The matrix is zero off the support of the pattern, and
 *
 *     y[i, j, k] = Σ_l  values[i, j, l, k] · x[i, l, k]
 *
 * for `x` indexed `[a, c, d]` and `y` indexed `[a, b, d]`; in `values`, `i` or `k` is 0 where that axis
 * is shared. Source: arXiv 2405.15013.
 *
 * @example
 * ```ts
 * const factor = KroneckerSparse.random(Pattern.parse("4,64,64,4"), { seed: 0 });
 * using weights = await compile(factor, reference);
 * const y = await weights.multiply(new Float32Array(1024).fill(1), { batch: 1, layout: "batch-first" });
 * ```
 */
export class KroneckerSparse<V extends FloatArray = Float32Array> {
  readonly pattern: Pattern;
  /** Stored values in canonical order, `[a, b, c, d]` row-major; 1 for an axis that is shared. */
  readonly values: V;
  /** Along which axes equal blocks are stored once. */
  readonly sharing: Sharing;

  /**
   * @param values `[a, b, c, d]` row-major, 1 for `a` or `d` where that is shared; kept, not copied
   * @throws PapilioError `VALUES_LENGTH` unless there are so many values; `ARRAY_TYPE`
   */
  constructor(pattern: Pattern, values: V, sharing: Sharing = UNSHARED) {
    const { a, b, c, d, nonZeros } = storedPattern(pattern, sharing);
    requireFloats("The values of a factor", values);
    if (values.length !== nonZeros) {
      throw new PapilioError(
        "VALUES_LENGTH",
        `The pattern ${pattern} has ${nonZeros} values${sharing.a || sharing.d ? " with what is shared" : ""}, but ${values.length} are given.`,
        `Pass one value for each entry of [${[a, b, c, d].join(", ")}].`,
      );
    }
    this.pattern = pattern;
    this.values = values;
    this.sharing = sharing;
  }

  /**
   * Values drawn uniformly from `±sqrt(3/c)`: of variance `1/c`, so that an output, a sum of `c`
   * products, has the variance of the inputs when these are independent and of mean zero.
   *
   * @throws PapilioError `SEED_INVALID`, `ARRAY_TOO_LARGE`
   */
  static random<T extends FloatType = "float32">(
    pattern: Pattern,
    options: RandomOptions<T>,
  ): KroneckerSparse<FloatArrays[T]> {
    requirePattern("The pattern", pattern);
    const { next, dtype } = drawing(options);
    return drawFactor(pattern, next, dtype);
  }

  /**
   * Reads the values off a dense matrix that has this pattern.
   *
   * @param dense `[rows, cols]` row-major
   * @throws PapilioError `ARRAY_TYPE`, `DENSE_LENGTH`; `OFF_SUPPORT` when an entry off the support is not zero
   */
  static fromDense<V extends FloatArray>(pattern: Pattern, dense: V): KroneckerSparse<V> {
    requirePattern("The pattern", pattern);
    const { rows, cols } = pattern;
    requireFloats("The dense matrix", dense);
    if (dense.length !== rows * cols) {
      throw new PapilioError(
        "DENSE_LENGTH",
        `A matrix of pattern ${pattern} is ${rows} x ${cols}, but ${dense.length} entries are given.`,
        `Pass its ${rows * cols} entries, row by row.`,
      );
    }
    for (let row = 0, entry = 0; row < rows; row++) {
      for (let column = 0; column < cols; column++, entry++) {
        if (dense[entry] === 0 || supports(pattern, row, column)) continue;
        throw new PapilioError(
          "OFF_SUPPORT",
          `The entry at row ${row}, column ${column} is ${dense[entry]}, but it is zero in a matrix of pattern ${pattern}.`,
          "Pass a matrix that is zero off the support of the pattern.",
        );
      }
    }
    const values = zerosLike(dense, pattern.nonZeros);
    forEachNonZero(pattern, (row, column, index) => {
      values[index] = dense[row * cols + column] as number;
    });
    return new KroneckerSparse(pattern, values);
  }

  /**
   * The matrix with its zeros, `[rows, cols]` row-major.
   *
   * @throws PapilioError `DENSE_TOO_LARGE` for more than 2^28 entries, before any is allocated
   */
  dense(): V {
    const { rows, cols } = this.pattern;
    requireDense(rows, cols);
    const { values } = this.expand();
    const dense = zerosLike(values, rows * cols);
    forEachNonZero(this.pattern, (row, column, index) => {
      dense[row * cols + column] = values[index] as number;
    });
    return dense;
  }

  /** The pattern of what is stored: this one, with 1 for an axis that is shared. */
  get stored(): Pattern {
    return storedPattern(this.pattern, this.sharing);
  }

  /**
   * The same factor with equal blocks stored once: those that repeat along all of `a`, or along all of
   * `d`, exactly. This one where none do. Takes a comparison for each value at most.
   */
  share(): KroneckerSparse<V> {
    const { sharing, values } = this;
    const found = findSharing(this.stored, values);
    if (!found.a && !found.d) return this;
    return this.withSharing({ a: sharing.a || found.a, d: sharing.d || found.d });
  }

  /** The same factor with every value stored, `[a, b, c, d]`. */
  expand(): KroneckerSparse<V> {
    return this.withSharing(UNSHARED);
  }

  /**
   * The same factor with equal blocks stored once along these axes and no others: this one where that is
   * so. Along an axis that was not shared before the blocks must be equal; it is not checked.
   */
  withSharing(sharing: Sharing): KroneckerSparse<V> {
    const { pattern, values } = this;
    storedPattern(pattern, sharing); // refuses what does not say which axes
    if (this.sharing.a === sharing.a && this.sharing.d === sharing.d) return this;
    const changed = reshareValues(values, pattern, this.sharing, sharing);
    return new KroneckerSparse(pattern, changed, sharing);
  }

  /** The same factor with other values, one for each that is stored. */
  map(change: (values: V) => V): KroneckerSparse<V> {
    requireFunction("The change", change);
    return new KroneckerSparse(this.pattern, change(this.values), this.sharing);
  }

  /** The transposed factor, of pattern `(a, c, b, d)`: every block is transposed. */
  transpose(): KroneckerSparse<V> {
    const { a, b, c, d } = this.stored;
    const values = zerosLike(this.values, this.values.length);
    let index = 0;
    for (let i = 0; i < a; i++) {
      for (let l = 0; l < c; l++) {
        for (let j = 0; j < b; j++) {
          const block = ((i * b + j) * c + l) * d;
          for (let k = 0; k < d; k++) values[index++] = this.values[block + k] as number;
        }
      }
    }
    return new KroneckerSparse(this.pattern.transpose(), values, this.sharing);
  }

  /**
   * The `count` super-blocks (`i` in `a`) from `first` on as a factor of their own, of pattern
   * `(count, b, c, d)`: some rows and columns of this one. Its values are a view of these.
   *
   * @throws PapilioError `SUPER_BLOCKS_RANGE` unless there are such super-blocks
   */
  superBlocks(first: number, count: number): KroneckerSparse<V> {
    const { a, b, c, d } = this.pattern;
    const whole = [first, count].every(Number.isSafeInteger);
    if (!whole || first < 0 || count < 1 || first + count > a) {
      throw new PapilioError(
        "SUPER_BLOCKS_RANGE",
        `There are no ${describeValue(count)} super-blocks from ${describeValue(first)} on in the pattern ${this.pattern}.`,
        `Use whole numbers with 0 <= first < first + count <= ${a}.`,
      );
    }
    if (count === a) return this;
    const size = this.values.length / a;
    const values = this.sharing.a
      ? this.values
      : (this.values.subarray(first * size, (first + count) * size) as V);
    return new KroneckerSparse(new Pattern(count, b, c, d), values, this.sharing);
  }

  /**
   * The same factor with its values in another precision, rounded where that is lower.
   *
   * @throws PapilioError `VALUE_RANGE` for a value that would become infinite
   */
  convert<T extends FloatType>(dtype: T): KroneckerSparse<FloatArrays[T]> {
    if (dtype === "float32" && floatTypeOf(this.values) === "float64") {
      requireStorable(this.values, "F32", `The factor of pattern ${this.pattern}`);
    }
    const values = zeros(dtype, this.values.length);
    values.set(this.values);
    return new KroneckerSparse(this.pattern, values, this.sharing);
  }

  /**
   * The product `this · right` with a chainable neighbour, as one factor, without a dense matrix.
   * Takes `r` multiplications for each value of the product, `r` the rank of the pair. Sums are in
   * float64 and rounded once.
   *
   * Source: arXiv 2411.04506, the product of chainable patterns.
   *
   * @throws PapilioError `CHAIN_NOT_CHAINABLE`, `ARRAY_TOO_LARGE`
   */
  matmul(right: KroneckerSparse<V>): KroneckerSparse<V> {
    requireFactor("The right factor", right);
    const chain = Chain.of([this.pattern, right.pattern]);
    const [p, q] = [this.expand(), right.expand()];
    return chain.transposed
      ? multiplyChainable(q.transpose(), p.transpose(), chain.transpose()).transpose()
      : multiplyChainable(p, q, chain);
  }
}

/** A random factor from the next numbers of a sequence. See {@link KroneckerSparse.random}. */
export function drawFactor<T extends FloatType>(
  pattern: Pattern,
  next: () => number,
  dtype: T,
): KroneckerSparse<FloatArrays[T]> {
  const scale = Math.sqrt(3 / pattern.c);
  return new KroneckerSparse(pattern, draw(next, pattern.nonZeros, scale, dtype));
}

/**
 * The product of `(a1, b1, c1, d1)` and `(a2, b2, c2, d2)` with `a1 | a2` and `d2 | d1`. Its entry
 * for the row `[i, (j, q), k]` and the column `[i, (s, l), k]`, where `q < d1/d2` and `s < a2/a1`,
 * is a sum over the `r` middle indices that row and column share: block `(i, q*d2 + k)` on the left
 * meets block `(i*a2/a1 + s, k)` on the right there.
 */
function multiplyChainable<V extends FloatArray>(
  left: KroneckerSparse<V>,
  right: KroneckerSparse<V>,
  chain: Chain,
): KroneckerSparse<V> {
  const { a: a1, b: b1, c: c1, d: d1 } = left.pattern;
  const { a: a2, b: b2, c: c2, d: d2 } = right.pattern;
  const rank = chain.ranks[0] as number;
  const pattern = chain.product();
  const values = zerosLike(left.values, pattern.nonZeros);
  const columnSplit = a2 / a1;
  const rowSplit = d1 / d2;
  let index = 0;
  for (let i = 0; i < a1; i++) {
    for (let j = 0; j < b1; j++) {
      for (let q = 0; q < rowSplit; q++) {
        for (let s = 0; s < columnSplit; s++) {
          for (let l = 0; l < c2; l++) {
            for (let k = 0; k < d2; k++) {
              let sum = 0;
              for (let t = 0; t < rank; t++) {
                const onLeft = ((i * b1 + j) * c1 + s * rank + t) * d1 + q * d2 + k;
                const onRight = (((i * columnSplit + s) * b2 + t * rowSplit + q) * c2 + l) * d2 + k;
                sum += (left.values[onLeft] as number) * (right.values[onRight] as number);
              }
              values[index++] = sum;
            }
          }
        }
      }
    }
  }
  return new KroneckerSparse(pattern, values);
}
