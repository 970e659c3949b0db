import {
  requireArray,
  requireFloats,
  requireObject,
  requireOptions,
} from "../errors/argument-checks.ts";
import { requireComplexButterfly, requireListOf } from "../errors/matrix-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import type { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import type { PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { type Complex, requireParts } from "../numeric/complex.ts";
import { type FloatArray, requireDense, zeros, zerosLike } from "../numeric/float-array.ts";
import { type BatchShape, requireShape, requireVectors, stridesOf } from "../numeric/layout.ts";

/** One stage of a product. */
export type ProductStage = PermutedButterfly<ComplexButterfly<FloatArray>>;

/** Where vectors lie in the longer ones that the stages multiply. */
export interface Placement {
  /** For each input, its position among the inputs of the right-most stage; the others are zero. */
  readonly input?: Uint32Array | undefined;
  /** For each output, its position among the outputs of the left-most stage; the others are left. */
  readonly output?: Uint32Array | undefined;
}

/**
 * A matrix that is a product of several permuted butterflies: circulant, Toeplitz and Hankel matrices,
 * convolutions, permutations.
 */
export class ButterflyProduct {
  /** Left-most first. */
  readonly stages: readonly ProductStage[];
  readonly placement: Placement;

  /**
   * @param stages at least one, each with as many columns as the next has rows
   * @throws PapilioError `CHAIN_EMPTY`, `ARRAY_TYPE`, `OPTION_INVALID`
   */
  constructor(stages: readonly [ProductStage, ...ProductStage[]], placement: Placement = {}) {
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
    return this.placement.output?.length ?? (this.stages[0] as ProductStage).rows;
  }

  get cols(): number {
    return this.placement.input?.length ?? (this.stages.at(-1) as ProductStage).cols;
  }

  /** Stored values of all stages. */
  get nonZeros(): number {
    return this.stages.reduce((sum, { matrix }) => sum + matrix.chain.nonZeros, 0);
  }

  /** The transposed matrix; nothing is conjugated. */
  transpose(): ButterflyProduct {
    const turned = this.stages.map((stage) => stage.transpose()).reverse();
    const { input, output } = this.placement;
    return new ButterflyProduct(turned as [ProductStage, ...ProductStage[]], {
      input: output,
      output: input,
    });
  }

  /** The same matrix with its values in another precision. */
  convert(dtype: "float32" | "float64"): ButterflyProduct {
    const stages = this.stages.map((stage) => stage.map((matrix) => matrix.convert(dtype)));
    return new ButterflyProduct(stages as [ProductStage, ...ProductStage[]], this.placement);
  }

  /**
   * The matrix times a batch of complex vectors. Vectors between the stages are in the precision of
   * `x`.
   *
   * @param x `[batch, cols]` when batch-first, `[cols, batch]` when batch-last
   * @returns like `x`, `[batch, rows]` or `[rows, batch]`
   * @throws PapilioError `INPUT_LENGTH`, `BATCH_INVALID`, `COMPLEX_PARTS`
   */
  apply<X extends FloatArray>(x: Complex<X>, shape: BatchShape): Complex<X> {
    requireParts(x);
    requireShape(shape);
    requireVectors("input", x.re.length, this.cols, shape.batch);
    const { input, output } = this.placement;
    const widest = (this.stages.at(-1) as ProductStage).cols;
    const narrow = (this.stages[0] as ProductStage).rows;
    const placed: Complex<X> = input
      ? { re: place(x.re, input, widest, shape), im: place(x.im, input, widest, shape) }
      : x;
    const y = this.stages.reduceRight<Complex<X>>(
      (between, stage) => stage.apply(between, shape),
      placed,
    );
    return output
      ? { re: pick(y.re, output, narrow, shape), im: pick(y.im, output, narrow, shape) }
      : y;
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
    return this.apply({ re, im }, { batch: cols, layout: "batch-last" });
  }
}

/** A matrix of real entries that is the real part of a product of complex ones. */
export class RealTransform {
  readonly product: ButterflyProduct;

  /** @throws PapilioError `OPTION_INVALID` */
  constructor(product: ButterflyProduct) {
    requireObject("The product", product, "a ButterflyProduct", "stages", "placement");
    this.product = product;
  }

  get rows(): number {
    return this.product.rows;
  }

  get cols(): number {
    return this.product.cols;
  }

  transpose(): RealTransform {
    return new RealTransform(this.product.transpose());
  }

  /** The same matrix with its values in another precision. */
  convert(dtype: "float32" | "float64"): RealTransform {
    return new RealTransform(this.product.convert(dtype));
  }

  /**
   * The matrix times a batch of real vectors.
   *
   * @param x `[batch, cols]` when batch-first, `[cols, batch]` when batch-last
   * @returns like `x`, `[batch, rows]` or `[rows, batch]`
   * @throws PapilioError `INPUT_LENGTH`, `BATCH_INVALID`
   */
  apply<X extends FloatArray>(x: X, shape: BatchShape): X {
    requireFloats("The input", x);
    return this.product.apply({ re: x, im: zerosLike(x, x.length) }, shape).re;
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

/** Features in their places among `features`, zeros elsewhere. */
function place<X extends FloatArray>(
  x: X,
  positions: Uint32Array,
  features: number,
  shape: BatchShape,
): X {
  const [from, to] = [stridesOf(shape, positions.length), stridesOf(shape, features)];
  const placed = zerosLike(x, features * shape.batch);
  positions.forEach((position, f) => {
    for (let n = 0; n < shape.batch; n++) {
      placed[position * to.feature + n * to.vector] = x[
        f * from.feature + n * from.vector
      ] as number;
    }
  });
  return placed;
}

/** The features at some positions among `features`. */
function pick<X extends FloatArray>(
  y: X,
  positions: Uint32Array,
  features: number,
  shape: BatchShape,
): X {
  const [from, to] = [stridesOf(shape, features), stridesOf(shape, positions.length)];
  const picked = zerosLike(y, positions.length * shape.batch);
  positions.forEach((position, f) => {
    for (let n = 0; n < shape.batch; n++) {
      picked[f * to.feature + n * to.vector] = y[
        position * from.feature + n * from.vector
      ] as number;
    }
  });
  return picked;
}
