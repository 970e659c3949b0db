import type { BatchShape, Chain, CompiledMatrix, Complex, FloatArray } from "@papilio/butterfly";
import { matrixDisposed, requireOptions, requireSignal } from "@papilio/butterfly/errors";
import { type MatrixPlan, type MultiplyOptions, requireDisjoint } from "@papilio/butterfly/matrix";
import { requireVectors, stridesOf } from "@papilio/butterfly/numeric";
import type { CpuEngine } from "../engine/engine.ts";
import type { CpuReport, OpenCpu } from "../engine/open-cpu.ts";
import { allocateArray, type CpuArray } from "../memory/cpu-array.ts";
import type { CpuPlan, PassPlan } from "../planning/plan.ts";
import type { AnyComplexButterfly, ElementKind, RealButterfly } from "./element-kinds.ts";
import { type ChainVectors, PackedChain } from "./packed-chain.ts";

/** The class of an array of the backend that such vectors are in. */
export type CpuNumbers<K> = K extends Float64Array | Complex<Float64Array>
  ? Float64Array
  : Float32Array;

/** How a matrix is multiplied on the CPU, as `compile` takes it back as its `plan`. */
export interface CpuMatrixPlan extends MatrixPlan, CpuPlan {
  /** Passes in the order of the factors, with the merged factors of each: `merge(0-3) merge(3-5) | merge(5-10)`. */
  readonly name: string;
  readonly passes: readonly PassPlan[];
}

/**
 * A matrix that was compiled for the CPU: its values are packed once, in the order in which they are read.
 * Factors are multiplied out where that is faster, and ranges of them applied to a block while it is in the
 * cache.
 *
 * `K` is a batch of vectors: float32, or the bits of float16, of a real matrix; real and imaginary parts in
 * float32 of a complex one, with sums in float32; or all of these in float64, where `cpu` was asked for it.
 */
export class CpuMatrix<K extends ChainVectors | Complex<FloatArray>> implements CompiledMatrix<K> {
  readonly rows: number;
  readonly cols: number;
  /** Which kernel computes, and on how many threads. */
  readonly report: CpuReport;
  readonly #chain: Chain;
  readonly #plan: CpuPlan;
  readonly #kind: ElementKind<never, K>;
  readonly #engine: CpuEngine | undefined;
  /** In the memory of the engine; where there is none, what the reference multiplies by. */
  readonly #packed: PackedChain | CompiledMatrix<never>;
  #disposed = false;

  constructor(
    kind: ElementKind<RealButterfly, K> | ElementKind<AnyComplexButterfly, K>,
    { chain }: RealButterfly | AnyComplexButterfly,
    plan: CpuPlan,
    { engine, report }: OpenCpu,
    packed: PackedChain | CompiledMatrix<never>,
  ) {
    this.rows = chain.rows;
    this.cols = chain.cols;
    this.report = report;
    this.#chain = chain;
    this.#plan = plan;
    this.#kind = kind as ElementKind<never, K>;
    this.#engine = engine;
    this.#packed = packed;
  }

  /** Memory of the packed values, in bytes. */
  get bytes(): number {
    return this.#packed.bytes;
  }

  /**
   * How vectors are multiplied, of whatever shape.
   *
   * @throws PapilioError `BATCH_INVALID`, `LAYOUT_INVALID`, `MATRIX_DISPOSED`
   */
  plan(shape: BatchShape): CpuMatrixPlan {
    this.#requireShape(shape);
    const name = this.#plan.passes
      .map(({ stages }) => stages.map(({ from, to }) => `merge(${from}-${to})`).join(" "))
      .join(" | ");
    return { name, ...this.#plan };
  }

  /**
   * Of each merged factor the products in a sum, of which a complex one has two for each part; in float64 those of
   * the sums that merged it too, which in float32 are rounded once.
   *
   * @throws PapilioError `BATCH_INVALID`, `LAYOUT_INVALID`, `MATRIX_DISPOSED`
   */
  terms(shape: BatchShape): readonly number[] {
    this.#requireShape(shape);
    const { parts, dtype } = this.#kind;
    const chain = this.#chain;
    return this.#plan.passes.flatMap(({ stages }) =>
      stages.flatMap(({ from, to }) => {
        const merging = dtype === "f64" ? chain.patterns.slice(from, to - 1) : [];
        return [chain.product(from, to), ...merging].map(({ c }) => parts * c);
      }),
    );
  }

  /**
   * An array that a multiplication need not copy from or to.
   *
   * @throws PapilioError `CPU_ARRAY_LENGTH`, `CPU_MEMORY`, `MATRIX_DISPOSED`
   */
  allocate(length: number): CpuArray<CpuNumbers<K>> {
    if (this.#disposed) throw matrixDisposed();
    const type = this.#kind.dtype === "f64" ? "float64" : "float32";
    const array: CpuArray<FloatArray> = allocateArray(this.#engine?.memory, type, length);
    return array as CpuArray<CpuNumbers<K>>;
  }

  /**
   * `y = W x` for a batch of vectors. One multiplication runs at a time; others wait for their turn.
   *
   * @param x `[batch, cols]` when batch-first, `[cols, batch]` when batch-last
   * @returns `out`, or new arrays like `x`: `[batch, rows]` or `[rows, batch]`
   * @throws PapilioError `ARRAY_TYPE`, `ARRAY_DETACHED`, `BATCH_INVALID`, `LAYOUT_INVALID`,
   *   `INPUT_LENGTH`, `OUTPUT_LENGTH`, `OUTPUT_OVERLAPS_INPUT`, `COMPLEX_PARTS`, `CPU_MEMORY`,
   *   `CPU_WORKER_FAILED`, `MATRIX_DISPOSED`, `CPU_ARRAY_DISPOSED`, `CPU_ARRAY_VIEW`; the signal's reason
   */
  async multiply<X extends K>(
    x: X,
    shape: BatchShape,
    options: MultiplyOptions<X> = {},
  ): Promise<X> {
    requireOptions("The options", options);
    const { out, signal } = options;
    requireSignal(signal);
    signal?.throwIfAborted();
    if (this.#disposed) throw matrixDisposed();
    const { rows, cols } = this;
    const kind = this.#kind;
    kind.require("The input", x);
    if (out !== undefined) kind.require("The output", out, x);
    stridesOf(shape, cols); // refuses a bad shape
    const inputs = kind.partsOf(x);
    for (const { length } of inputs) requireVectors("input", length, cols, shape.batch);
    const y = out ?? (kind.allocateLike(x, shape.batch * rows) as X);
    const outputs = kind.partsOf(y);
    for (const { length } of outputs) requireVectors("output", length, rows, shape.batch);
    for (const from of inputs) for (const to of outputs) requireDisjoint(from, to);
    const packed = this.#packed;
    if (packed instanceof PackedChain) await packed.multiply(inputs, outputs, shape, signal);
    else await kind.multiplyByReference(packed, x, shape, y);
    return y;
  }

  /** Frees the packed values; safe to call twice. The threads stay: `disposeCpuThreads` ends them. */
  dispose(): void {
    this.#disposed = true;
    this.#packed[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #requireShape(shape: BatchShape): void {
    if (this.#disposed) throw matrixDisposed();
    stridesOf(shape, this.cols); // refuses a bad shape
  }
}
