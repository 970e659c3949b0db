import {
  arrayTag,
  availableThreads,
  type BatchShape,
  Butterfly,
  type Chain,
  decodeHalf,
  encodeHalf,
  type FactorRange,
  type KroneckerSparse,
  PapilioError,
  requireArray,
  requireDisjoint,
  requireVectors,
  storableButterfly,
} from "@papilio/butterfly";
import type { Simd } from "../kernel/kernel.ts";
import { allocateArray, type CpuArray } from "../memory/cpu-array.ts";
import { type CpuPlan, planForCpu } from "../planning/plan.ts";
import { requireCpuPlan } from "../planning/require-plan.ts";
import { type CpuEngine, openEngine } from "./engine.ts";
import type { StageFactor } from "./pack-program.ts";
import { type CpuVectors, disposed, PackedChain, type Threads } from "./packed-chain.ts";

export interface CpuButterflyOptions {
  /**
   * Threads that multiply, the calling one included. Unless given as many as there are processors, and
   * fewer for a multiplication that is too small for them.
   */
  readonly threads?: number;
  /** How the chain is multiplied; the cost model's choice unless given. */
  readonly plan?: CpuPlan;
}

/** What computes, and why nothing better does. */
export interface CpuReport {
  /** WebAssembly with relaxed or with plain SIMD, or the reference multiplication in TypeScript. */
  readonly kernel: Simd | "reference";
  /** Threads that multiply, at most. */
  readonly threads: number;
  /** Why there is no WebAssembly or a single thread, where that is so. */
  readonly reason?: string;
}

export interface CpuMultiplyOptions<X> {
  /** Where the result goes; a new array unless given. It must not share memory with the vectors. */
  readonly out?: X;
  readonly signal?: AbortSignal;
}

/**
 * A butterfly matrix, or a single Kronecker-sparse factor, on the CPU: in WebAssembly with SIMD, on
 * several threads, float32. Values are packed once; factors are multiplied out where that is faster, and
 * runs of them applied to a block while it is in the cache.
 *
 * Where there is no WebAssembly with SIMD it computes as {@link Butterfly.apply} does, and `report` says
 * why. A page that is not cross-origin isolated has one thread.
 *
 * @example
 * ```ts
 * using weights = await CpuButterfly.create(Butterfly.random(Chain.monarch(1024), { seed: 0 }));
 * const y = await weights.multiply(x, { batch: 128, layout: "batch-last" });
 * ```
 */
export class CpuButterfly implements Disposable {
  /**
   * The matrix as it is multiplied by. Where its values are packed it has the caller's arrays: what is
   * changed in them later changes no product.
   */
  readonly butterfly: Butterfly;
  readonly report: CpuReport;
  readonly plan: CpuPlan;
  readonly #engine: CpuEngine | undefined;
  readonly #packed: PackedChain | undefined;
  #disposed = false;

  /** @param values the matrix with values of its own, kept where nothing is packed */
  private constructor(
    butterfly: Butterfly,
    values: Butterfly,
    { engine, report, threads }: OpenCpu,
    plan: CpuPlan,
  ) {
    this.butterfly = engine === undefined ? values : butterfly;
    this.report = report;
    this.plan = plan;
    this.#engine = engine;
    this.#packed =
      engine &&
      new PackedChain(engine, threads, butterfly.chain, 1, plan, (stage) =>
        multipliedOut(values, stage),
      );
  }

  /**
   * Copies and packs the values and opens the threads that are missing: the caller's may change later.
   *
   * @throws PapilioError `PLAN_INVALID`, `THREADS_INVALID`, `CPU_MEMORY`, `CPU_WORKER_FAILED`; `VALUE_RANGE` where factors
   *   that are multiplied out have a value that single precision does not hold
   */
  static async create(
    matrix: Butterfly | KroneckerSparse,
    options: CpuButterflyOptions = {},
  ): Promise<CpuButterfly> {
    const given = matrix instanceof Butterfly ? matrix : new Butterfly([matrix]);
    const plan = planOf(given.chain, options, 1);
    const butterfly = storableButterfly(given, "F32");
    // The caller's may change while the threads open.
    const values = butterfly.copy();
    const cpu = await openCpu(options.threads);
    return new CpuButterfly(butterfly, values, cpu, plan);
  }

  /** Memory of the packed values, in bytes. */
  get bytes(): number {
    return this.#packed?.bytes ?? 0;
  }

  /** Number of products in each sum, left-most stage first: what `verify` takes as `terms`. */
  get terms(): readonly number[] {
    const { chain } = this.butterfly;
    return this.plan.passes.flatMap(({ stages }) =>
      stages.map(({ from, to }) => chain.product(from, to).c),
    );
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
   * `y = W x` for a batch of vectors. Sums are in float32. One multiplication runs at a time; others
   * wait for their turn.
   *
   * @param x `[batch, cols]` when batch-first, `[cols, batch]` when batch-last: float32, or the bits of
   *   float16
   * @returns `out`, or a new array like `x`: `[batch, rows]` or `[rows, batch]`
   * @throws PapilioError `ARRAY_TYPE`, `ARRAY_DETACHED`, `BATCH_INVALID`, `LAYOUT_INVALID`,
   *   `INPUT_LENGTH`, `OUTPUT_LENGTH`, `OUTPUT_OVERLAPS_INPUT`, `CPU_MEMORY`, `CPU_WORKER_FAILED`, `CPU_DISPOSED`,
   *   `CPU_ARRAY_DISPOSED`, `CPU_ARRAY_VIEW`; the signal's reason
   */
  async multiply<X extends CpuVectors>(
    x: X,
    shape: BatchShape,
    options: CpuMultiplyOptions<X> = {},
  ): Promise<X> {
    const { out, signal } = options;
    signal?.throwIfAborted();
    if (this.#disposed) throw disposed();
    requireCpuVectors("The input", x);
    if (out !== undefined) requireCpuVectors("The output", out, x);
    requireVectors("input", x.length, this.butterfly.chain.cols, shape.batch);
    const y = out ?? arrayLike(x, shape.batch * this.butterfly.chain.rows);
    if (this.#packed === undefined) return applyReference(this.butterfly, x, shape, y);
    await this.#packed.multiply([x], [y], shape, signal);
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

/**
 * The plan that is asked for, else the cost model's.
 *
 * @throws PapilioError `PLAN_INVALID`
 */
export function planOf(chain: Chain, { plan }: CpuButterflyOptions, parts: 1 | 2): CpuPlan {
  return plan === undefined ? planForCpu(chain, parts) : requireCpuPlan(chain, plan);
}

/** The engine, where there is one, who multiplies on it, and what there is to say about it. */
export interface OpenCpu {
  readonly engine: CpuEngine | undefined;
  readonly threads: Threads;
  readonly report: CpuReport;
}

/** The engine with as many threads as are wanted. */
export async function openCpu(wanted: number | undefined): Promise<OpenCpu> {
  if (wanted !== undefined && !(Number.isSafeInteger(wanted) && wanted >= 1)) {
    throw new PapilioError(
      "THREADS_INVALID",
      `There cannot be ${wanted} threads.`,
      "Pass a whole number of at least 1, or nothing for as many as there are processors.",
    );
  }
  const engine = await openEngine();
  if ("reason" in engine) {
    const threads = { most: 1, always: true };
    return { engine: undefined, threads, report: { kernel: "reference", threads: 1, ...engine } };
  }
  const available = availableThreads();
  const most = Math.min(wanted ?? available, available);
  await engine.pool.prepare(most);
  const single =
    typeof SharedArrayBuffer === "undefined"
      ? { reason: "The page is not cross-origin isolated: it cannot share memory with threads." }
      : {};
  return {
    engine,
    threads: { most, always: wanted !== undefined },
    report: { kernel: engine.simd, threads: most, ...single },
  };
}

/** Of this realm, whatever realm the other array is of. */
function arrayLike<X extends CpuVectors>(x: X, length: number): X {
  return (isSingle(x) ? new Float32Array(length) : new Uint16Array(length)) as X;
}

function isSingle(x: CpuVectors): x is Float32Array {
  return arrayTag(x) === "Float32Array";
}

/**
 * Refuses what are not numbers in single precision or the bits of half precision.
 *
 * @param like another array, of whose class it must be
 */
function requireCpuVectors(what: string, x: CpuVectors, like?: CpuVectors): void {
  if (like === undefined) requireArray(what, x, "Float32Array", "Uint16Array");
  else requireArray(what, x, isSingle(like) ? "Float32Array" : "Uint16Array");
}

function multipliedOut(butterfly: Butterfly, { from, to }: FactorRange): StageFactor {
  const run = butterfly.factors.slice(from, to);
  const merged = to - from === 1 ? run : new Butterfly(run).merge(0, run.length).factors;
  const { pattern, sharing, values } = (merged[0] as KroneckerSparse).share();
  return { pattern, sharing, values: [values] };
}

function applyReference<X extends CpuVectors>(
  butterfly: Butterfly,
  x: X,
  shape: BatchShape,
  y: X,
): X {
  requireVectors("output", y.length, butterfly.chain.rows, shape.batch);
  requireDisjoint(x, y);
  const result = butterfly.apply(isSingle(x) ? x : decodeHalf(x), shape);
  y.set(isSingle(y) ? result : encodeHalf(result));
  return y;
}
