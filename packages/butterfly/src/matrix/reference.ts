import { requireOptions, requireSignal } from "../errors/argument-checks.ts";
import { matrixDisposed } from "../errors/matrix-disposed.ts";
import type { Complex } from "../numeric/complex.ts";
import type { FloatArray } from "../numeric/float-array.ts";
import { type BatchShape, stridesOf } from "../numeric/layout.ts";
import type { Butterfly } from "./butterfly.ts";
import type { CompiledMatrix, MatrixPlan, MultiplyOptions, Place } from "./compile.ts";
import type { ComplexButterfly } from "./complex-butterfly.ts";
import {
  type AnyButterfly,
  type PermutedButterfly,
  withPermutations,
} from "./permuted-butterfly.ts";
import { referenceProduct } from "./reference-product.ts";

/** A matrix that the reference multiplies by. `K` is a batch of vectors. */
class ReferenceMatrix<K extends FloatArray | Complex<FloatArray>> implements CompiledMatrix<K> {
  readonly rows: number;
  readonly cols: number;
  readonly #patterns: AnyButterfly["chain"]["patterns"];
  readonly #parts: 1 | 2;
  #matrix: PermutedButterfly<AnyButterfly> | undefined;

  constructor(matrix: PermutedButterfly<AnyButterfly>) {
    const own = matrix.copy();
    this.rows = own.rows;
    this.cols = own.cols;
    this.#matrix = own;
    this.#patterns = own.matrix.chain.patterns;
    this.#parts = "conjugate" in own.matrix ? 2 : 1;
  }

  /** Memory of the values and the permutations, in bytes. */
  get bytes(): number {
    if (this.#matrix === undefined) return 0;
    const { matrix, left, right } = this.#matrix;
    const values = matrix.factors.flatMap((factor) =>
      "re" in factor ? [factor.re.values, factor.im.values] : [factor.values],
    );
    return [...values, left, right].reduce((sum, array) => sum + (array?.byteLength ?? 0), 0);
  }

  /**
   * `y = W x` with products and sums in float64, rounded once. It runs to its end before anything else: the
   * signal stops one that has not begun.
   *
   * @throws PapilioError what `CompiledMatrix.multiply` throws; `ARRAY_TOO_LARGE`
   */
  multiply<X extends K>(x: X, shape: BatchShape, options: MultiplyOptions<X> = {}): Promise<X> {
    return promised(() => {
      requireOptions("The options", options);
      const { out, signal } = options;
      requireSignal(signal);
      signal?.throwIfAborted();
      return referenceProduct(this.#live() as never, x as never, shape, out as never) as X;
    });
  }

  /** Factor by factor. */
  plan(shape: BatchShape): MatrixPlan {
    this.#live();
    stridesOf(shape, this.cols); // refuses a bad shape
    const passes = this.#patterns.map((_, from) => ({ from, to: from + 1 }));
    return { name: passes.map(({ from }) => `multiply(${from})`).join(" "), passes };
  }

  /** Of each factor the products in a sum, of which a complex one has two for each part. */
  terms(shape: BatchShape): readonly number[] {
    this.#live();
    stridesOf(shape, this.cols); // refuses a bad shape
    return this.#patterns.map(({ c }) => this.#parts * c);
  }

  dispose(): void {
    this.#matrix = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #live(): PermutedButterfly<AnyButterfly> {
    if (this.#matrix === undefined) throw matrixDisposed();
    return this.#matrix;
  }
}

export type { ReferenceMatrix };

/** What is computed at once, or the error that it throws, as a promise. */
function promised<T>(compute: () => T): Promise<T> {
  return new Promise((resolve) => resolve(compute()));
}

/** What {@link reference} is. */
class ReferencePlace
  implements
    Place<
      FloatArray,
      ReferenceMatrix<FloatArray>,
      ReferenceMatrix<Complex<FloatArray>>,
      Record<string, never>
    >
{
  compileMatrix(
    matrix: PermutedButterfly<Butterfly<FloatArray>>,
    options?: Record<string, never>,
  ): Promise<ReferenceMatrix<FloatArray>>;
  compileMatrix(
    matrix: PermutedButterfly<ComplexButterfly<FloatArray>>,
    options?: Record<string, never>,
  ): Promise<ReferenceMatrix<Complex<FloatArray>>>;
  compileMatrix(
    matrix: PermutedButterfly<AnyButterfly>,
    options?: Record<string, never>,
  ): Promise<ReferenceMatrix<FloatArray> | ReferenceMatrix<Complex<FloatArray>>> {
    return promised(() => {
      requireOptions("The options", options);
      return new ReferenceMatrix(withPermutations(matrix));
    });
  }
}

/**
 * The place that every machine has: it multiplies factor by factor as the mathematics is written down, with
 * sums in float64, readable rather than fast. It takes vectors and values in single and in double precision.
 *
 * @example
 * ```ts
 * using weights = await compile(fourier(1024), reference);
 * const spectrum = await weights.multiply({ re, im }, { batch: 1, layout: "batch-first" });
 * ```
 */
export const reference: ReferencePlace = new ReferencePlace();
