import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { referenceProduct } from "../matrix/reference-product.ts";
import { Chain } from "../pattern/chain.ts";
import { Pattern } from "../pattern/pattern.ts";

export type Factor = KroneckerSparse<Float64Array>;

/** A symmetric matrix `[size, size]`. */
export interface Gram {
  readonly size: number;
  readonly values: Float64Array;
}

/** What the error of a product is weighted by: `tr(M (W - B) H (W - B)^T)`. */
export interface Weighting {
  /** `H`: second moments of the inputs; the identity unless given. */
  readonly moments: Gram | undefined;
  /** `M`, by the outputs; the identity unless given. */
  readonly outputs: Gram | undefined;
}

/** The product of factors, left-most first, by `batch` vectors that are columns. */
export function apply(
  factors: readonly Factor[],
  vectors: Float64Array,
  batch: number,
): Float64Array {
  return factors.reduceRight<Float64Array>(
    (between, factor) => referenceProduct(factor, between, { batch, layout: "batch-last" }),
    vectors,
  );
}

export function transposed(values: Float64Array, cols: number): Float64Array {
  const rows = values.length / cols;
  const result = new Float64Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      result[col * rows + row] = values[row * cols + col] as number;
    }
  }
  return result;
}

/** `G` by `batch` vectors that are columns. */
export function applyGram(
  { size, values }: Gram,
  vectors: Float64Array,
  batch: number,
): Float64Array {
  return apply([new KroneckerSparse(new Pattern(1, size, size, 1), values)], vectors, batch);
}

/** The identity, where a Gram matrix is wanted. */
export function identity(size: number): Gram {
  return { size, values: unitVectors(size, 0, size) };
}

/** A Gram matrix with a share of the mean of its diagonal added to that. */
export function damped({ size, values }: Gram, share: number): Gram {
  const sums = values.slice();
  let trace = 0;
  for (let at = 0; at < sums.length; at += size + 1) trace += sums[at] as number;
  for (let at = 0; at < sums.length; at += size + 1) {
    sums[at] = (sums[at] as number) + (share * trace) / size;
  }
  return { size, values: sums };
}

/** `size` columns of the identity of `rows`, from `first` on. */
export function unitVectors(rows: number, first: number, size: number): Float64Array {
  const values = new Float64Array(rows * size);
  for (let at = 0; at < size; at++) values[(first + at) * size + at] = 1;
  return values;
}

/** `H R^T`, `[cols, rows of R]`, of factors and second moments `H` of inputs, the identity unless given. */
export function crossMoments(
  right: readonly Factor[],
  cols: number,
  moments: Gram | undefined,
): Float64Array {
  return transposed(apply(right, moments?.values ?? unitVectors(cols, 0, cols), cols), cols);
}

/**
 * `R H R^T`: second moments of what stands on the left of factors; undefined where they are the identity.
 *
 * @param cross `H R^T`, where it is known
 */
export function inputGram(
  right: readonly Factor[],
  cols: number,
  moments: Gram | undefined,
  cross?: Float64Array,
): Gram | undefined {
  const [first] = right;
  if (first === undefined) return moments;
  const size = first.pattern.rows;
  const merged = moments === undefined ? product(right) : undefined;
  if (merged !== undefined) return { size, values: merged.matmul(merged.transpose()).dense() };
  return { size, values: apply(right, cross ?? crossMoments(right, cols, moments), size) };
}

/** The product of factors as one; undefined where they are not chainable. */
export function product(factors: readonly Factor[]): Factor | undefined {
  const { chainable } = Chain.of(factors.map(({ pattern }) => pattern));
  return chainable ? factors.reduce((left, right) => left.matmul(right)) : undefined;
}

/**
 * `A^T M A` of the factors on the left and of the weights `M` of the outputs, the identity unless given; undefined where
 * that is the identity.
 */
export function leftGram(left: readonly Factor[], outputs: Gram | undefined): Gram | undefined {
  const size = left.at(-1)?.pattern.cols;
  if (size === undefined) return outputs;
  if (outputs !== undefined) return inputGram(transposedFactors(left), outputs.size, outputs);
  const merged = product(left);
  if (merged !== undefined) return { size, values: merged.transpose().matmul(merged).dense() };
  const dense = apply(left, unitVectors(size, 0, size), size);
  return { size, values: apply(transposedFactors(left), dense, size) };
}

export function transposedFactors(factors: readonly Factor[]): Factor[] {
  return factors.map((factor) => factor.transpose()).reverse();
}

export function diagonal(gram: Gram | undefined, size: number): Float64Array {
  if (gram === undefined) return new Float64Array(size).fill(1);
  return Float64Array.from({ length: size }, (_, at) => gram.values[at * (size + 1)] as number);
}

/** How much an error of each value of a factor counts alone: `M[r, r] G[c, c]`. */
export function weightsOf(
  { pattern }: Factor,
  inputs: Gram | undefined,
  outputs: Gram | undefined,
): Float64Array {
  const read = diagonal(inputs, pattern.cols);
  const written = diagonal(outputs, pattern.rows);
  const weights = new Float64Array(pattern.nonZeros);
  forEachValue(pattern, (at, row, col) => {
    weights[at] = (written[row] as number) * (read[col] as number);
  });
  return weights;
}

/** The values of a matrix `[rows, cols]` on the support of a factor, `[a, b, c, d]`. */
export function onSupport({ pattern }: Factor, dense: Float64Array): Float64Array {
  const values = new Float64Array(pattern.nonZeros);
  forEachValue(pattern, (at, row, col) => {
    values[at] = dense[row * pattern.cols + col] as number;
  });
  return values;
}

/** Calls `each` with the place, the row and the column of each value of a factor. */
export function forEachValue(
  { a, b, c, d }: Factor["pattern"],
  each: (at: number, row: number, col: number) => void,
): void {
  let at = 0;
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let l = 0; l < c; l++) {
        for (let k = 0; k < d; k++) each(at++, (i * b + j) * d + k, (i * c + l) * d + k);
      }
    }
  }
}

/** The row of the factor in which a place of its values is. */
export function rowOf({ c, d }: Pattern, place: number): number {
  return Math.floor(place / (c * d)) * d + (place % d);
}

export function colOf({ b, c, d }: Pattern, place: number): number {
  const l = Math.floor(place / d) % c;
  return (Math.floor(place / (b * c * d)) * c + l) * d + (place % d);
}
