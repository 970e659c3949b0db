import type { FactorRange } from "@papilio/butterfly";
import {
  type BatchShape,
  type Complex,
  ComplexButterfly,
  type ComplexKroneckerSparse,
  type KroneckerSparse,
  requireArray,
  requireDisjoint,
  requireParts,
  requireVectors,
  type Sharing,
  storableButterfly,
  storedPattern,
} from "@papilio/butterfly";
import { allocateArray, type CpuArray } from "../memory/cpu-array.ts";
import type { CpuPlan } from "../planning/plan.ts";
import {
  type CpuButterflyOptions,
  type CpuMultiplyOptions,
  type CpuReport,
  type OpenCpu,
  openCpu,
  planOf,
} from "./cpu-butterfly.ts";
import type { CpuEngine } from "./engine.ts";
import type { StageFactor } from "./pack-program.ts";
import { disposed, PackedChain } from "./packed-chain.ts";

/**
 * A butterfly matrix of complex values on the CPU, such as a Fourier transform: as `CpuButterfly`
 * multiplies by a real one.
 *
 * @example
 * ```ts
 * const { matrix, right } = fourier(1024).map((exact) => exact.convert("float32"));
 * using transform = await CpuComplexButterfly.create(matrix);
 * ```
 */
export class CpuComplexButterfly implements Disposable {
  /**
   * The matrix as it is multiplied by. Where its values are packed it has the caller's arrays: what is
   * changed in them later changes no product.
   */
  readonly butterfly: ComplexButterfly;
  readonly report: CpuReport;
  readonly plan: CpuPlan;
  readonly #engine: CpuEngine | undefined;
  readonly #packed: PackedChain | undefined;
  #disposed = false;

  /** @param values the matrix with values of its own, kept where nothing is packed */
  private constructor(
    butterfly: ComplexButterfly,
    values: ComplexButterfly,
    { engine, report, threads }: OpenCpu,
    plan: CpuPlan,
  ) {
    this.butterfly = engine === undefined ? values : butterfly;
    this.report = report;
    this.plan = plan;
    this.#engine = engine;
    this.#packed =
      engine &&
      new PackedChain(engine, threads, butterfly.chain, 2, plan, (stage) =>
        multipliedOut(values, stage),
      );
  }

  /**
   * Copies and packs the values and opens the threads that are missing: the caller's may change later.
   *
   * @throws PapilioError `PLAN_INVALID`, `THREADS_INVALID`, `CPU_MEMORY`, `CPU_WORKER_FAILED`
   */
  static async create(
    matrix: ComplexButterfly | ComplexKroneckerSparse,
    options: CpuButterflyOptions = {},
  ): Promise<CpuComplexButterfly> {
    const given = matrix instanceof ComplexButterfly ? matrix : new ComplexButterfly([matrix]);
    const plan = planOf(given.chain, options, 2);
    const butterfly = storableButterfly(given, "F32");
    // The caller's may change while the threads open.
    const values = butterfly.copy();
    const cpu = await openCpu(options.threads);
    return new CpuComplexButterfly(butterfly, values, cpu, plan);
  }

  /** Memory of the packed values, in bytes. */
  get bytes(): number {
    return this.#packed?.bytes ?? 0;
  }

  /**
   * An array that {@link multiply} need not copy from or to.
   *
   * @throws PapilioError `CPU_ARRAY_LENGTH`, `CPU_MEMORY`, `CPU_DISPOSED`
   */
  allocate(length: number): CpuArray {
    if (this.#disposed) throw disposed();
    return allocateArray(this.#engine?.memory, length);
  }

  /**
   * `y = W x` for a batch of complex vectors. Sums are in float32.
   *
   * @param x `[batch, cols]` when batch-first, `[cols, batch]` when batch-last
   * @returns `out`, or new arrays: `[batch, rows]` or `[rows, batch]`
   * @throws PapilioError `COMPLEX_PARTS`, and what `CpuButterfly.multiply` throws
   */
  async multiply(
    x: Complex,
    shape: BatchShape,
    options: CpuMultiplyOptions<Complex> = {},
  ): Promise<Complex> {
    const { out, signal } = options;
    const { chain } = this.butterfly;
    signal?.throwIfAborted();
    if (this.#disposed) throw disposed();
    requireSingle("The input", x);
    if (out !== undefined) requireSingle("The output", out);
    requireVectors("input", x.re.length, chain.cols, shape.batch);
    const length = shape.batch * chain.rows;
    const y = out ?? { re: new Float32Array(length), im: new Float32Array(length) };
    if (this.#packed !== undefined) {
      await this.#packed.multiply([x.re, x.im], [y.re, y.im], shape, signal);
      return y;
    }
    requireVectors("output", y.re.length, chain.rows, shape.batch);
    for (const from of [x.re, x.im]) for (const to of [y.re, y.im]) requireDisjoint(from, to);
    const { re, im } = this.butterfly.apply(x, shape);
    y.re.set(re);
    y.im.set(im);
    return y;
  }

  /** Frees the packed values; safe to call twice. The threads stay: `disposeCpuThreads` ends them. */
  dispose(): void {
    this.#disposed = true;
    this.#packed?.[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Refuses what are not two arrays in single precision of one length. */
function requireSingle(what: string, complex: Complex): void {
  requireArray(`${what}'s real part`, complex?.re, "Float32Array");
  requireArray(`${what}'s imaginary part`, complex?.im, "Float32Array");
  requireParts(complex);
}

function multipliedOut(butterfly: ComplexButterfly, { from, to }: FactorRange): StageFactor {
  const run = butterfly.factors.slice(from, to);
  const merged = to - from === 1 ? run : new ComplexButterfly(run).merge(0, run.length).factors;
  const { re, im } = (merged[0] as ComplexKroneckerSparse).share();
  // Blocks are packed once along the axes where both parts are equal.
  const sharing = { a: re.sharing.a && im.sharing.a, d: re.sharing.d && im.sharing.d };
  const values = [re, im].map((part) => valuesSharing(part, sharing));
  return { pattern: re.pattern, sharing, values };
}

/** The values of a factor with fewer axes shared than it has. */
function valuesSharing(factor: KroneckerSparse, sharing: Sharing): Float32Array {
  const { d } = factor.pattern;
  const stored = storedPattern(factor.pattern, sharing);
  const { values } = factor.expand();
  return Float32Array.from({ length: stored.nonZeros }, (_, index) => {
    const [block, k] = [Math.floor(index / stored.d), index % stored.d];
    return values[block * d + k] as number;
  });
}
