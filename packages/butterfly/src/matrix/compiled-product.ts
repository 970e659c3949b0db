import { requireFloats, requireOptions, requireSignal } from "../errors/argument-checks.ts";
import { matrixDisposed } from "../errors/matrix-disposed.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { type Complex, isComplex, requireParts } from "../numeric/complex.ts";
import { type FloatArray, zerosLike } from "../numeric/float-array.ts";
import { type BatchShape, requireVectors, stridesOf } from "../numeric/layout.ts";
import type { ButterflyProduct } from "./butterfly-product.ts";
import type { CompiledMatrix, MatrixPlan, MultiplyOptions, Place } from "./compile.ts";
import { isRealProduct } from "./matrices.ts";
import { requireDisjoint } from "./multiply-factor.ts";
import type { AnyButterfly, PermutedButterfly } from "./permuted-butterfly.ts";
import { type Placement, partsOf, pickFeatures, placeFeatures, type Vectors } from "./placement.ts";

type Stage = CompiledMatrix<Vectors>;

/** A place, for what the stages of a product are. */
interface PlaceOfStages {
  compileMatrix(matrix: PermutedButterfly<AnyButterfly>): Promise<Stage>;
}

/** A product of several butterflies, each compiled for a place; vectors between them are on the host. */
export class CompiledProduct implements CompiledMatrix<Vectors> {
  readonly rows: number;
  readonly cols: number;
  readonly #stages: readonly Stage[];
  /** Of each stage the number of its factors. */
  readonly #lengths: readonly number[];
  readonly #placement: Placement;
  readonly #real: boolean;
  #users = 0;
  #disposed = false;

  private constructor(
    product: ButterflyProduct<FloatArray, AnyButterfly>,
    stages: readonly Stage[],
  ) {
    const { input, output } = product.placement;
    this.rows = product.rows;
    this.cols = product.cols;
    this.#stages = stages;
    this.#real = isRealProduct(product);
    this.#lengths = product.stages.map(({ matrix }) => matrix.chain.length);
    this.#placement = { input: input?.slice(), output: output?.slice() };
  }

  /**
   * Compiles each stage.
   *
   * @throws PapilioError `OPTION_INVALID` where there are options, which are of one butterfly
   */
  static async create(
    product: ButterflyProduct<FloatArray, AnyButterfly>,
    place: Place<FloatArray>,
    options: object | undefined,
  ): Promise<CompiledProduct> {
    requireOptions("The options", options);
    if (options !== undefined && Object.keys(options).length > 0) {
      throw new PapilioError(
        "OPTION_INVALID",
        `A product of ${product.stages.length} butterflies is given options, which are of one matrix.`,
        "Leave them out, or compile its stages one by one.",
      );
    }
    const compiled: Stage[] = [];
    try {
      for (const stage of product.stages) {
        compiled.push(await (place as unknown as PlaceOfStages).compileMatrix(stage));
      }
      return new CompiledProduct(product, compiled);
    } catch (error) {
      for (const stage of compiled) stage.dispose();
      throw error;
    }
  }

  get bytes(): number {
    return this.#disposed ? 0 : this.#stages.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  plan(shape: BatchShape): MatrixPlan {
    const plans = this.#live().map((stage) => stage.plan(shape));
    let first = 0;
    const passes = plans.flatMap((plan, index) => {
      const start = first;
      first += this.#lengths[index] as number;
      return plan.passes.map(({ from, to }) => ({ from: start + from, to: start + to }));
    });
    return { name: plans.map(({ name }) => name).join(" ; "), passes };
  }

  terms(shape: BatchShape): readonly number[] {
    return this.#live().flatMap((stage) => stage.terms(shape));
  }

  async multiply<X extends Vectors>(
    x: X,
    shape: BatchShape,
    options: MultiplyOptions<X> = {},
  ): Promise<X> {
    requireOptions("The options", options);
    const { out, signal } = options;
    requireSignal(signal);
    signal?.throwIfAborted();
    const stages = this.#live();
    const { rows, cols } = this;
    this.#requireVectors("input", x);
    stridesOf(shape, cols); // refuses a bad shape
    requireVectors("input", lengthOf(x), cols, shape.batch);
    if (out !== undefined) {
      this.#requireVectors("output", out);
      requireVectors("output", lengthOf(out), rows, shape.batch);
      for (const to of partsOf(out)) for (const from of partsOf(x)) requireDisjoint(from, to);
    }
    const { input, output } = this.#placement;
    const stopping = signal === undefined ? {} : { signal };
    this.#users++;
    try {
      let between: Vectors = placeFeatures(x, input, (stages.at(-1) as Stage).cols, shape);
      for (const [index, stage] of [...stages.entries()].reverse()) {
        const last = index === 0 && output === undefined && out !== undefined ? { out } : {};
        between = await stage.multiply(between, shape, { ...stopping, ...last });
      }
      if (output === undefined) return between as X;
      const length = shape.batch * rows;
      const y: Vectors =
        out ??
        (isComplex<FloatArray>(x)
          ? { re: zerosLike(x.re, length), im: zerosLike(x.im, length) }
          : zerosLike(x as FloatArray, length));
      pickFeatures(between, output, (stages[0] as Stage).rows, shape, y);
      return y as X;
    } finally {
      this.#users--;
      this.#release();
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Arrays for real stages, parts for complex ones. */
  #requireVectors(name: string, vectors: Vectors): void {
    if (this.#real) requireFloats(`The ${name}`, vectors);
    else requireParts(vectors as Complex<FloatArray>);
  }

  #live(): readonly Stage[] {
    if (this.#disposed) throw matrixDisposed();
    return this.#stages;
  }

  #release(): void {
    if (!this.#disposed || this.#users > 0) return;
    for (const stage of this.#stages) stage.dispose();
  }
}

/** A matrix of real entries that is the real part of a product of complex ones. */
export class CompiledRealPart implements CompiledMatrix<FloatArray> {
  readonly rows: number;
  readonly cols: number;
  readonly #product: CompiledProduct;

  constructor(product: CompiledProduct) {
    this.rows = product.rows;
    this.cols = product.cols;
    this.#product = product;
  }

  get bytes(): number {
    return this.#product.bytes;
  }

  plan(shape: BatchShape): MatrixPlan {
    return this.#product.plan(shape);
  }

  terms(shape: BatchShape): readonly number[] {
    return this.#product.terms(shape);
  }

  async multiply<X extends FloatArray>(
    x: X,
    shape: BatchShape,
    options: MultiplyOptions<X> = {},
  ): Promise<X> {
    requireOptions("The options", options);
    requireFloats("The input", x);
    const { out, ...others } = options;
    if (out !== undefined) requireFloats("The output", out);
    const given: Complex<X> = { re: x, im: zerosLike(x, x.length) };
    const into = out === undefined ? {} : { out: { re: out, im: zerosLike(out, out.length) } };
    return (await this.#product.multiply<Complex<X>>(given, shape, { ...others, ...into })).re;
  }

  dispose(): void {
    this.#product.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function lengthOf(vectors: Vectors): number {
  return (partsOf(vectors)[0] as FloatArray).length;
}
