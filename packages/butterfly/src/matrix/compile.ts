import { requireObject } from "../errors/argument-checks.ts";
import type { Complex } from "../numeric/complex.ts";
import type { FloatArray } from "../numeric/float-array.ts";
import type { BatchShape } from "../numeric/layout.ts";
import type { FactorRange } from "../planning/factor-ranges.ts";
import type { Butterfly } from "./butterfly.ts";
import type { ButterflyProduct, RealProduct, RealTransform } from "./butterfly-product.ts";
import { CompiledProduct, CompiledRealPart } from "./compiled-product.ts";
import type { ComplexButterfly } from "./complex-butterfly.ts";
import {
  type AnyMatrix,
  type ComplexMatrix,
  isProduct,
  isRealTransform,
  type RealMatrix,
} from "./matrices.ts";
import {
  type AnyButterfly,
  type PermutedButterfly,
  withPermutations,
} from "./permuted-butterfly.ts";

/** How a product is computed. */
export interface MultiplyOptions<X> {
  /** Where the result goes; new arrays unless given. It must not share memory with the vectors. */
  readonly out?: X;
  /** Stops it where it can be stopped; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How vectors of a shape are multiplied. Each place adds what else it decides. */
export interface MatrixPlan {
  /** In a line: `multiply(0) merge(1-3)` reads the results of factors 1 to 2, merged, in factor 0. */
  readonly name: string;
  /** Passes over memory, left-most factors first: the last one runs first. */
  readonly passes: readonly FactorRange[];
}

/**
 * A matrix that was compiled for a place, by which vectors are multiplied again and again.
 *
 * `X` is a batch of vectors, `[batch, features]` when batch-first and `[features, batch]` when batch-last:
 * an array for a real matrix, one of real and one of imaginary parts for a complex one.
 */
export interface CompiledMatrix<X = Float32Array> extends Disposable {
  /** Features of a result. */
  readonly rows: number;
  /** Features of a vector that is multiplied. */
  readonly cols: number;
  /** Memory that is held at its place, in bytes: values in the order in which they are read. */
  readonly bytes: number;
  /**
   * `y = W x` for a batch of vectors.
   *
   * @param x of `cols` features
   * @returns `out`, or new arrays like `x`: of `rows` features, in the same layout
   * @throws PapilioError `ARRAY_TYPE`, `ARRAY_DETACHED`, `BATCH_INVALID`, `LAYOUT_INVALID`, `INPUT_LENGTH`,
   *   `OUTPUT_LENGTH`, `OUTPUT_OVERLAPS_INPUT`, `COMPLEX_PARTS`, `OPTION_INVALID`, `MATRIX_DISPOSED`, and
   *   what the place adds; the signal's reason
   */
  multiply(x: X, shape: BatchShape, options?: MultiplyOptions<X>): Promise<X>;
  /**
   * How vectors of a shape are multiplied.
   *
   * @throws PapilioError `BATCH_INVALID`, `LAYOUT_INVALID`, `MATRIX_DISPOSED`
   */
  plan(shape: BatchShape): MatrixPlan;
  /**
   * The sums that make a result, left-most first: the number of products in each, and a 1 for the rounding
   * of values that were merged. It is what `verify` takes as `terms`.
   *
   * @throws PapilioError `BATCH_INVALID`, `LAYOUT_INVALID`, `MATRIX_DISPOSED`
   */
  terms(shape: BatchShape): readonly number[];
  /** Frees what is held; multiplications under way end first. Use after it is `MATRIX_DISPOSED`. Safe to call twice. */
  dispose(): void;
}

/**
 * Where matrices are multiplied: `reference`, the CPU (`cpu` of `@papilio/cpu-runtime`), a device (a `Gpu` of
 * `@papilio/gpu-runtime`), or one of your own.
 *
 * @typeParam V of what class the values of a matrix are
 * @typeParam R what a real matrix becomes
 * @typeParam C what a complex matrix becomes
 * @typeParam O options of {@link compile}
 */
export interface Place<
  V extends FloatArray = Float32Array,
  R extends CompiledMatrix<unknown> = CompiledMatrix<V>,
  C extends CompiledMatrix<unknown> = CompiledMatrix<Complex<V>>,
  O extends object = object,
> {
  /** What {@link compile} calls. Copies the values: the caller's may change later. */
  compileMatrix(matrix: PermutedButterfly<Butterfly<V>>, options?: O): Promise<R>;
  compileMatrix(matrix: PermutedButterfly<ComplexButterfly<V>>, options?: O): Promise<C>;
}

/**
 * Compiles a matrix for a place. What comes back multiplies, and has the same members wherever it is.
 *
 * Values are copied, and packed for the place: the caller's may change later. Permutations are part of the
 * matrix.
 *
 * @param matrix real or complex: a factor, a product of factors, or one between permutations
 * @param options of the place
 * @throws PapilioError `OPTION_INVALID` for what is not a matrix or a place, and what the place throws
 *
 * @example
 * ```ts
 * const matrix = Butterfly.random(Chain.monarch(1024), { seed: 0 });
 * using weights = await compile(matrix, reference); // or cpu(), or a Gpu
 * const y = await weights.multiply(x, { batch: 8, layout: "batch-first" });
 * ```
 */
export function compile<
  V extends FloatArray,
  R extends CompiledMatrix<unknown>,
  C extends CompiledMatrix<unknown>,
  O extends object,
>(matrix: RealMatrix<V>, place: Place<V, R, C, O>, options?: O): Promise<R>;
export function compile<
  V extends FloatArray,
  R extends CompiledMatrix<unknown>,
  C extends CompiledMatrix<unknown>,
  O extends object,
>(matrix: ComplexMatrix<V>, place: Place<V, R, C, O>, options?: O): Promise<C>;
export function compile<
  V extends FloatArray,
  R extends CompiledMatrix<unknown>,
  C extends CompiledMatrix<unknown>,
  O extends object,
>(matrix: AnyMatrix<V>, place: Place<V, R, C, O>, options?: O): Promise<R | C>;
/** The same, of a product of several butterflies: each is compiled, and takes no options. */
export function compile<V extends FloatArray>(
  matrix: RealTransform<V> | RealProduct<V>,
  place: Place<V>,
): Promise<CompiledMatrix<V>>;
export function compile<V extends FloatArray>(
  matrix: ButterflyProduct<V>,
  place: Place<V>,
): Promise<CompiledMatrix<Complex<V>>>;
export async function compile(
  matrix: AnyMatrix | ButterflyProduct<FloatArray, AnyButterfly> | RealTransform<FloatArray>,
  place: Place<FloatArray>,
  options?: object,
): Promise<unknown> {
  requireObject("The matrix", matrix, "a matrix of Kronecker-sparse factors");
  requireObject("The place", place, "a place to multiply, such as cpu()", "compileMatrix");
  if (isProduct(matrix)) return await CompiledProduct.create(matrix, place, options);
  if (isRealTransform(matrix)) {
    return new CompiledRealPart(await CompiledProduct.create(matrix.product, place, options));
  }
  const permuted = withPermutations(matrix) as PermutedButterfly<Butterfly<FloatArray>>;
  return await place.compileMatrix(permuted, options);
}
