import {
  requireArray,
  requireFunction,
  requireObject,
  requireOptions,
} from "../errors/argument-checks.ts";
import { requireAnyButterfly } from "../errors/matrix-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import type { Complex } from "../numeric/complex.ts";
import { type FloatArray, requireDense, zeros } from "../numeric/float-array.ts";
import { Butterfly } from "./butterfly.ts";
import { ComplexButterfly } from "./complex-butterfly.ts";
import type { AnyMatrix } from "./matrices.ts";
import { invertPermutation } from "./permutation.ts";
import { referenceProduct } from "./reference-product.ts";

/** A real or a complex butterfly matrix. */
export type AnyButterfly = Butterfly<FloatArray> | ComplexButterfly<FloatArray>;

/** The vectors that a matrix multiplies: complex ones for a complex matrix. */
export type VectorsOf<M extends AnyButterfly, X extends FloatArray> =
  M extends Butterfly<FloatArray> ? X : Complex<X>;

/** Index maps: position `p` of the result is taken from position `map[p]` of the operand. */
export interface Permutations {
  /** Of the outputs, after the butterfly. The identity unless given. */
  readonly left?: Uint32Array | undefined;
  /** Of the inputs, before the butterfly. The identity unless given. */
  readonly right?: Uint32Array | undefined;
}

/**
 * A butterfly matrix between two permutations, `P_left W P_right`: what Fourier matrices and others are
 * exactly.
 *
 * @example
 * ```ts
 * const transform = fourier(1024); // bit reversal on the right
 * using weights = await compile(transform, reference);
 * const spectrum = await weights.multiply({ re, im }, { batch: 1, layout: "batch-first" });
 * ```
 */
export class PermutedButterfly<M extends AnyButterfly = Butterfly> {
  readonly matrix: M;
  readonly left: Uint32Array | undefined;
  readonly right: Uint32Array | undefined;

  /**
   * @throws PapilioError `PERMUTATION_INVALID` unless the maps are permutations of the matrix's rows
   *   and columns; `ARRAY_TYPE`, `OPTION_INVALID`
   */
  constructor(matrix: M, permutations: Permutations = {}) {
    requireAnyButterfly("The matrix", matrix);
    requireOptions("The permutations", permutations);
    const { left, right } = permutations;
    requirePermutation("left", left, matrix.chain.rows);
    requirePermutation("right", right, matrix.chain.cols);
    this.matrix = matrix;
    this.left = left;
    this.right = right;
  }

  get rows(): number {
    return this.matrix.chain.rows;
  }

  get cols(): number {
    return this.matrix.chain.cols;
  }

  /** Another butterfly of the same size between the same permutations. */
  map<N extends AnyButterfly>(change: (matrix: M) => N): PermutedButterfly<N> {
    requireFunction("The change", change);
    return new PermutedButterfly(change(this.matrix), this);
  }

  /** The same with values and permutations of its own. */
  copy(): PermutedButterfly<M> {
    return new PermutedButterfly(this.matrix.copy() as M, {
      left: this.left?.slice(),
      right: this.right?.slice(),
    });
  }

  /** The transposed matrix; nothing is conjugated. */
  transpose(): PermutedButterfly<M> {
    return new PermutedButterfly(this.matrix.transpose() as M, {
      left: this.right && invertPermutation(this.right),
      right: this.left && invertPermutation(this.left),
    });
  }

  /**
   * The dense matrix in double precision, `[rows, cols]` row-major: the image of the identity.
   *
   * @throws PapilioError `DENSE_TOO_LARGE`
   */
  dense(): VectorsOf<M, Float64Array> {
    const { cols } = this;
    requireDense(this.rows, cols);
    requireDense(cols, cols);
    const identity = zeros("float64", cols * cols);
    for (let index = 0; index < cols; index++) identity[index * (cols + 1)] = 1;
    const complex = "conjugate" in this.matrix;
    const x = complex ? { re: identity, im: zeros("float64", cols * cols) } : identity;
    return referenceProduct(this as never, x as never, {
      batch: cols,
      layout: "batch-last",
    }) as never;
  }
}

/**
 * A matrix between permutations; one without any is taken between identities, and a factor as a product of
 * one.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function withPermutations(matrix: AnyMatrix): PermutedButterfly<AnyButterfly> {
  requireObject("The matrix", matrix, "a matrix of Kronecker-sparse factors");
  if ("matrix" in matrix) {
    requireAnyButterfly("The matrix between permutations", matrix.matrix);
    return matrix;
  }
  if (!("pattern" in matrix)) return new PermutedButterfly(matrix);
  const product = "re" in matrix ? new ComplexButterfly([matrix]) : new Butterfly([matrix]);
  return new PermutedButterfly<AnyButterfly>(product);
}

function requirePermutation(name: string, map: Uint32Array | undefined, length: number): void {
  if (map === undefined) return;
  requireArray(`The ${name} permutation`, map, "Uint32Array");
  if (map.length !== length) {
    throw new PapilioError(
      "PERMUTATION_INVALID",
      `The ${name} permutation has ${map.length} indices for ${length} features.`,
      `Pass a map of ${length} indices.`,
    );
  }
  invertPermutation(map); // refuses what is not a permutation
}
