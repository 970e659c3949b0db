import type { BatchShape, Butterfly, ComplexButterfly } from "@papilio/butterfly";
import { requireOptions, requireSignal } from "@papilio/butterfly/errors";
import { requireDisjoint, storableButterfly } from "@papilio/butterfly/matrix";
import { requireVectors, stridesOf } from "@papilio/butterfly/numeric";
import type { FactorRange } from "@papilio/butterfly/planning";
import type { CpuEngine } from "../engine/engine.ts";
import { type CpuReport, type OpenCpu, openCpu } from "../engine/open-cpu.ts";
import { allocateArray, type CpuArray } from "../memory/cpu-array.ts";
import { type CpuPlan, planForCpu } from "../planning/plan.ts";
import { requireCpuPlan } from "../planning/require-plan.ts";
import type { StageFactor } from "./pack-program.ts";
import { type CpuVectors, disposed, PackedChain } from "./packed-chain.ts";

export interface CpuButterflyOptions {
  /**
   * Threads that multiply, the calling one included. Unless given as many as there are processors, and
   * fewer for a multiplication that is too small for them.
   */
  readonly threads?: number;
  /** How the chain is multiplied; the cost model's choice unless given. */
  readonly plan?: CpuPlan;
}

export interface CpuMultiplyOptions<X> {
  /** Where the result goes; a new array unless given. It must not share memory with the vectors. */
  readonly out?: X;
  readonly signal?: AbortSignal;
}

/** What real and complex matrices differ in: `M` the matrix, `X` a batch of vectors. */
export interface ElementKind<M, X> {
  /** Numbers that make an element: 1 real, 2 complex. */
  readonly parts: 1 | 2;
  /**
   * Refuses what are not vectors of this kind.
   *
   * @param like other vectors, of whose precision they must be
   * @throws PapilioError `ARRAY_TYPE`, `ARRAY_DETACHED`, `COMPLEX_PARTS`
   */
  require(what: string, x: X, like?: X): void;
  /** The arrays of the vectors: one, or the real and the imaginary parts. */
  partsOf(x: X): readonly CpuVectors[];
  /** New vectors in the precision of others. */
  allocateLike(x: X, length: number): X;
  /** The factors of a range, multiplied out into one. */
  stageFactor(matrix: M, range: FactorRange): StageFactor;
  /** The reference multiplication, where there is no engine. */
  applyReference(matrix: M, x: X, shape: BatchShape, y: X): void;
}

/** A matrix whose values are copied, and the engine with its threads opened. */
export interface PreparedMatrix<M> {
  readonly butterfly: M;
  /** The matrix with values of its own, kept where nothing is packed. */
  readonly values: M;
  readonly cpu: OpenCpu;
  readonly plan: CpuPlan;
}

/** What real and complex matrices on the CPU have in common. */
export abstract class CpuMatrix<M extends Butterfly | ComplexButterfly, X> implements Disposable {
  /**
   * The matrix. Where its values are packed it shares the caller's arrays: a later change of them changes no
   * product.
   */
  readonly butterfly: M;
  readonly report: CpuReport;
  readonly plan: CpuPlan;
  readonly #kind: ElementKind<M, X>;
  readonly #engine: CpuEngine | undefined;
  readonly #packed: PackedChain | undefined;
  #disposed = false;

  protected constructor(kind: ElementKind<M, X>, prepared: PreparedMatrix<M>) {
    const { butterfly, values, plan } = prepared;
    const { engine, report, threads } = prepared.cpu;
    this.butterfly = engine === undefined ? values : butterfly;
    this.report = report;
    this.plan = plan;
    this.#kind = kind;
    this.#engine = engine;
    this.#packed =
      engine &&
      new PackedChain(engine, threads, butterfly.chain, kind.parts, plan, (range) =>
        kind.stageFactor(values, range),
      );
  }

  /**
   * Copies the values and opens the threads that are missing.
   *
   * @throws PapilioError `PLAN_INVALID`, `THREADS_INVALID`, `CPU_WORKER_FAILED`, `VALUE_RANGE`,
   *   `OPTION_INVALID`
   */
  protected static async prepare<M extends Butterfly | ComplexButterfly>(
    matrix: M,
    parts: 1 | 2,
    options: CpuButterflyOptions,
  ): Promise<PreparedMatrix<M>> {
    requireOptions("The options", options);
    const { plan, threads } = options;
    const { chain } = matrix;
    const chosen = plan === undefined ? planForCpu(chain, parts) : requireCpuPlan(chain, plan);
    const butterfly = storableButterfly(matrix, "F32");
    // The caller's may change while the threads open.
    const values = butterfly.copy() as M;
    return { butterfly, values, plan: chosen, cpu: await openCpu(threads) };
  }

  /** Memory of the packed values, in bytes. */
  get bytes(): number {
    return this.#packed?.bytes ?? 0;
  }

  /** Number of products in each sum, left-most stage first: what `verify` takes as `terms`. */
  get terms(): readonly number[] {
    const { chain } = this.butterfly;
    return this.plan.passes.flatMap(({ stages }) =>
      stages.map(({ from, to }) => this.#kind.parts * chain.product(from, to).c),
    );
  }

  /**
   * An array that a multiplication need not copy from or to.
   *
   * @throws PapilioError `CPU_ARRAY_LENGTH`, `CPU_MEMORY`, `CPU_DISPOSED`
   */
  allocate(length: number): CpuArray {
    if (this.#disposed) throw disposed();
    return allocateArray(this.#engine?.memory, length);
  }

  /** `y = W x`: what the `multiply` of real and of complex matrices does. */
  protected async multiplyVectors(
    x: X,
    shape: BatchShape,
    options: CpuMultiplyOptions<X>,
  ): Promise<X> {
    requireOptions("The options", options);
    requireSignal(options.signal);
    const { out, signal } = options;
    signal?.throwIfAborted();
    if (this.#disposed) throw disposed();
    const kind = this.#kind;
    kind.require("The input", x);
    if (out !== undefined) kind.require("The output", out, x);
    const { rows, cols } = this.butterfly.chain;
    stridesOf(shape, cols); // refuses a bad shape
    const inputs = kind.partsOf(x);
    for (const { length } of inputs) requireVectors("input", length, cols, shape.batch);
    const y = out ?? kind.allocateLike(x, shape.batch * rows);
    const outputs = kind.partsOf(y);
    for (const { length } of outputs) requireVectors("output", length, rows, shape.batch);
    for (const from of inputs) for (const to of outputs) requireDisjoint(from, to);
    if (this.#packed === undefined) kind.applyReference(this.butterfly, x, shape, y);
    else await this.#packed.multiply(inputs, outputs, shape, signal);
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
