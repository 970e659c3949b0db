import { requireArray, requireObject, requireOptions } from "../errors/argument-checks.ts";
import { requireAnyButterfly, requireListOf } from "../errors/matrix-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import {
  type FloatArray,
  type FloatArrays,
  type FloatType,
  requireDense,
  zeros,
} from "../numeric/float-array.ts";
import type { Butterfly } from "./butterfly.ts";
import type { ComplexButterfly } from "./complex-butterfly.ts";
import { isRealProduct } from "./matrices.ts";
import type { AnyButterfly, PermutedButterfly, VectorsOf } from "./permuted-butterfly.ts";
import type { Placement } from "./placement.ts";
import { referenceProduct } from "./reference-product.ts";

/** One complex stage of a product. */
export type ProductStage<V extends FloatArray = Float64Array> = PermutedButterfly<
  ComplexButterfly<V>
>;

/** A product of real butterflies. */
export type RealProduct<V extends FloatArray = Float64Array> = ButterflyProduct<V, Butterfly<V>>;

/** A butterfly, real or complex as `M` is, of other values. */
type WithValues<M extends AnyButterfly, V extends FloatArray> =
  M extends Butterfly<FloatArray> ? Butterfly<V> : ComplexButterfly<V>;

/**
 * A matrix that is a product of several permuted butterflies, all of them complex, as for circulant, Toeplitz
 * and Hankel matrices and convolutions, or all of them real, as for permutations and wavelets.
 *
 * @typeParam M what the stages are
 */
export class ButterflyProduct<
  V extends FloatArray = Float64Array,
  M extends AnyButterfly = ComplexButterfly<V>,
> {
  /** Left-most first. */
  readonly stages: readonly PermutedButterfly<M>[];
  readonly placement: Placement;

  /**
   * @param stages at least one, all real or all complex, each with as many columns as the next has rows
   * @throws PapilioError `CHAIN_EMPTY`, `CHAIN_NOT_CHAINABLE`, `ARRAY_TYPE`, `OPTION_INVALID`
   */
  constructor(
    stages: readonly [PermutedButterfly<M>, ...PermutedButterfly<M>[]],
    placement: Placement = {},
  ) {
    requireListOf("The stages", stages, requireStage);
    requireOptions("The placement", placement);
    for (const positions of [placement.input, placement.output]) {
      if (positions !== undefined) requireArray("A placement", positions, "Uint32Array");
    }
    if (stages.length < 1) {
      throw new PapilioError("CHAIN_EMPTY", "The product has no stages.", "Give at least one.");
    }
    requireFit(stages);
    this.stages = Object.freeze([...stages]);
    this.placement = placement;
  }

  get rows(): number {
    return this.placement.output?.length ?? (this.stages[0] as PermutedButterfly<M>).rows;
  }

  get cols(): number {
    return this.placement.input?.length ?? (this.stages.at(-1) as PermutedButterfly<M>).cols;
  }

  /** Stored values of all stages. */
  get nonZeros(): number {
    return this.stages.reduce((sum, { matrix }) => sum + matrix.chain.nonZeros, 0);
  }

  /** The transposed matrix; nothing is conjugated. */
  transpose(): ButterflyProduct<V, M> {
    const turned = this.stages.map((stage) => stage.transpose()).reverse();
    const { input, output } = this.placement;
    return new ButterflyProduct(turned as [PermutedButterfly<M>], {
      input: output,
      output: input,
    });
  }

  /** The same matrix with its values in another precision. */
  convert<T extends FloatType>(
    dtype: T,
  ): ButterflyProduct<FloatArrays[T], WithValues<M, FloatArrays[T]>> {
    type Stage = PermutedButterfly<WithValues<M, FloatArrays[T]>>;
    const stages = this.stages.map((stage) =>
      stage.map((matrix): AnyButterfly => matrix.convert(dtype)),
    );
    return new ButterflyProduct(stages as unknown as [Stage], this.placement);
  }

  /**
   * The dense matrix in double precision, `[rows, cols]` row-major: the image of the identity.
   *
   * @throws PapilioError `DENSE_TOO_LARGE`
   */
  dense(): VectorsOf<M, Float64Array> {
    const { rows, cols } = this;
    requireDense(rows, cols);
    requireDense(cols, cols);
    const identity = zeros("float64", cols * cols);
    for (let index = 0; index < cols; index++) identity[index * (cols + 1)] = 1;
    const x = isRealProduct(this) ? identity : { re: identity, im: zeros("float64", cols * cols) };
    return referenceProduct(this as never, x as never, {
      batch: cols,
      layout: "batch-last",
    }) as never;
  }
}

/** A matrix of real entries that is the real part of a product of complex ones. */
export class RealTransform<V extends FloatArray = Float64Array> {
  readonly product: ButterflyProduct<V>;

  /** @throws PapilioError `OPTION_INVALID` */
  constructor(product: ButterflyProduct<V>) {
    requireObject("The product", product, "a ButterflyProduct", "stages", "placement");
    this.product = product;
  }

  get rows(): number {
    return this.product.rows;
  }

  get cols(): number {
    return this.product.cols;
  }

  transpose(): RealTransform<V> {
    return new RealTransform(this.product.transpose());
  }

  /** The same matrix with its values in another precision. */
  convert<T extends FloatType>(dtype: T): RealTransform<FloatArrays[T]> {
    return new RealTransform(this.product.convert(dtype));
  }

  /**
   * The dense matrix in double precision, `[rows, cols]` row-major.
   *
   * @throws PapilioError `DENSE_TOO_LARGE`
   */
  dense(): Float64Array {
    return this.product.dense().re;
  }
}

function requireStage(name: string, stage: unknown): void {
  requireObject(name, stage, "a PermutedButterfly", "matrix");
  requireAnyButterfly(`The matrix of ${name}`, (stage as { matrix: unknown }).matrix);
}

/** Refuses stages of which some are real and others complex, or whose sizes do not fit. */
function requireFit(stages: readonly PermutedButterfly<AnyButterfly>[]): void {
  for (const [index, { matrix, cols }] of stages.entries()) {
    const next = stages[index + 1];
    if (next === undefined) return;
    if ("conjugate" in matrix !== "conjugate" in next.matrix) {
      throw new PapilioError(
        "OPTION_INVALID",
        `Of stages ${index} and ${index + 1} one is real, the other complex.`,
        "Make the real one complex by ComplexButterfly.fromReal.",
      );
    }
    if (cols === next.rows) continue;
    throw new PapilioError(
      "CHAIN_NOT_CHAINABLE",
      `Stage ${index} has ${cols} columns, but stage ${index + 1} has ${next.rows} rows.`,
      "Give stages each of which has as many columns as the next has rows.",
    );
  }
}
