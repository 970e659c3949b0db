import { requireArray, requireObject, requireOptions } from "../errors/argument-checks.ts";
import { requireComplexButterfly, requireListOf } from "../errors/matrix-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import type { Complex } from "../numeric/complex.ts";
import {
  type FloatArray,
  type FloatArrays,
  type FloatType,
  requireDense,
  zeros,
} from "../numeric/float-array.ts";
import type { ComplexButterfly } from "./complex-butterfly.ts";
import type { PermutedButterfly } from "./permuted-butterfly.ts";
import type { Placement } from "./placement.ts";
import { referenceProduct } from "./reference-product.ts";

/** One stage of a product. */
export type ProductStage<V extends FloatArray = Float64Array> = PermutedButterfly<
  ComplexButterfly<V>
>;

/**
 * A matrix that is a product of several permuted butterflies: circulant, Toeplitz and Hankel matrices,
 * convolutions, permutations.
 */
export class ButterflyProduct<V extends FloatArray = Float64Array> {
  /** Left-most first. */
  readonly stages: readonly ProductStage<V>[];
  readonly placement: Placement;

  /**
   * @param stages at least one, each with as many columns as the next has rows
   * @throws PapilioError `CHAIN_EMPTY`, `ARRAY_TYPE`, `OPTION_INVALID`
   */
  constructor(stages: readonly [ProductStage<V>, ...ProductStage<V>[]], placement: Placement = {}) {
    requireListOf("The stages", stages, requireStage);
    requireOptions("The placement", placement);
    for (const positions of [placement.input, placement.output]) {
      if (positions !== undefined) requireArray("A placement", positions, "Uint32Array");
    }
    if (stages.length < 1) {
      throw new PapilioError("CHAIN_EMPTY", "The product has no stages.", "Give at least one.");
    }
    this.stages = Object.freeze([...stages]);
    this.placement = placement;
  }

  get rows(): number {
    return this.placement.output?.length ?? (this.stages[0] as ProductStage<V>).rows;
  }

  get cols(): number {
    return this.placement.input?.length ?? (this.stages.at(-1) as ProductStage<V>).cols;
  }

  /** Stored values of all stages. */
  get nonZeros(): number {
    return this.stages.reduce((sum, { matrix }) => sum + matrix.chain.nonZeros, 0);
  }

  /** The transposed matrix; nothing is conjugated. */
  transpose(): ButterflyProduct<V> {
    const turned = this.stages.map((stage) => stage.transpose()).reverse();
    const { input, output } = this.placement;
    return new ButterflyProduct(turned as [ProductStage<V>, ...ProductStage<V>[]], {
      input: output,
      output: input,
    });
  }

  /** The same matrix with its values in another precision. */
  convert<T extends FloatType>(dtype: T): ButterflyProduct<FloatArrays[T]> {
    type Stage = ProductStage<FloatArrays[T]>;
    const stages = this.stages.map((stage) => stage.map((matrix) => matrix.convert(dtype)));
    return new ButterflyProduct(stages as [Stage, ...Stage[]], this.placement);
  }

  /**
   * The dense matrix in double precision, `[rows, cols]` row-major: the image of the identity.
   *
   * @throws PapilioError `DENSE_TOO_LARGE`
   */
  dense(): Complex<Float64Array> {
    const { rows, cols } = this;
    requireDense(rows, cols);
    requireDense(cols, cols);
    const re = zeros("float64", cols * cols);
    for (let index = 0; index < cols; index++) re[index * (cols + 1)] = 1;
    const im = zeros("float64", cols * cols);
    return referenceProduct(this, { re, im }, { batch: cols, layout: "batch-last" });
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
  requireComplexButterfly(`The matrix of ${name}`, (stage as { matrix: unknown }).matrix);
}
