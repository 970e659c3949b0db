import {
  type AnyButterfly,
  type Butterfly,
  type Complex,
  type ComplexButterfly,
  compile,
  type FloatArray,
  type PermutedButterfly,
  type Place,
  reference,
} from "@papilio/butterfly";
import { requireOneOf, requireOptions } from "@papilio/butterfly/errors";
import { storableButterfly, withPermutations } from "@papilio/butterfly/matrix";
import { type OpenCpu, openCpu, requireThreads } from "../engine/open-cpu.ts";
import { type CpuPlan, planForCpu } from "../planning/plan.ts";
import { requireCpuPlan } from "../planning/require-plan.ts";
import { CpuMatrix } from "./cpu-matrix.ts";
import {
  type AnyComplexButterfly,
  COMPLEX,
  COMPLEX_DOUBLE,
  type ElementKind,
  REAL,
  REAL_DOUBLE,
  type RealButterfly,
} from "./element-kinds.ts";
import type { CpuDtype } from "./pack-program.ts";
import { type ChainVectors, type CpuVectors, PackedChain } from "./packed-chain.ts";

export interface CpuOptions<T extends CpuDtype = CpuDtype> {
  /**
   * In what matrices are multiplied. `f32`, which is the default: values and sums, and vectors in float32 or
   * float16. `f64`: values, sums and vectors in float64, two numbers an instruction, at about half the speed.
   */
  readonly dtype?: T;
  /**
   * Threads that multiply, the calling one included. Unless given as many as there are processors, and
   * fewer for a multiplication that is too small for them.
   */
  readonly threads?: number;
}

export interface CpuCompileOptions {
  /** How the chain is multiplied; the cost model's choice unless given. */
  readonly plan?: CpuPlan;
}

/** What real and complex vectors are in a precision. */
interface Precisions {
  f32: { real: CpuVectors; numbers: Float32Array; values: Float32Array };
  f64: { real: Float64Array; numbers: Float64Array; values: FloatArray };
}

type RealMatrixOf<T extends CpuDtype> = CpuMatrix<Precisions[T]["real"]>;
type ComplexMatrixOf<T extends CpuDtype> = CpuMatrix<Complex<Precisions[T]["numbers"]>>;

/** What {@link cpu} returns. */
class CpuPlace<T extends CpuDtype = "f32">
  implements Place<Precisions[T]["values"], RealMatrixOf<T>, ComplexMatrixOf<T>, CpuCompileOptions>
{
  readonly #threads: number | undefined;
  readonly #dtype: CpuDtype;

  constructor(threads: number | undefined, dtype: T) {
    this.#threads = threads;
    this.#dtype = dtype;
  }

  /**
   * Copies and packs the values and opens the threads that are missing: what `compile` calls.
   *
   * @throws PapilioError `OPTION_INVALID`, `PLAN_INVALID`, `CPU_MEMORY`, `CPU_WORKER_FAILED`; `VALUE_RANGE`
   *   where a product of factors has a value beyond the range of float32
   */
  compileMatrix(
    matrix: PermutedButterfly<Butterfly<Precisions[T]["values"]>>,
    options?: CpuCompileOptions,
  ): Promise<RealMatrixOf<T>>;
  compileMatrix(
    matrix: PermutedButterfly<ComplexButterfly<Precisions[T]["values"]>>,
    options?: CpuCompileOptions,
  ): Promise<ComplexMatrixOf<T>>;
  async compileMatrix(
    matrix: PermutedButterfly<AnyButterfly>,
    options: CpuCompileOptions = {},
  ): Promise<RealMatrixOf<T> | ComplexMatrixOf<T>> {
    requireOptions("The options", options);
    const permuted = withPermutations(matrix);
    const { chain } = permuted.matrix;
    const isComplex = "conjugate" in permuted.matrix;
    const plan =
      options.plan === undefined
        ? planForCpu(chain, isComplex ? 2 : 1)
        : requireCpuPlan(chain, options.plan);
    const isDouble = this.#dtype === "f64";
    // The caller's values may change while the threads open.
    const own = permuted
      .map(
        (one: AnyButterfly): AnyButterfly =>
          isDouble ? one.convert("float64") : storableButterfly(one, "F32"),
      )
      .copy();
    const opened = await openCpu(this.#threads);
    const real = (isDouble ? REAL_DOUBLE : REAL) as ElementKind<RealButterfly, ChainVectors>;
    const complex = (isDouble ? COMPLEX_DOUBLE : COMPLEX) as ElementKind<
      AnyComplexButterfly,
      Complex<FloatArray>
    >;
    const compiled: Promise<unknown> = isComplex
      ? compileKind(complex, own as PermutedButterfly<AnyComplexButterfly>, plan, opened)
      : compileKind(real, own as PermutedButterfly<RealButterfly>, plan, opened);
    return compiled as Promise<RealMatrixOf<T> | ComplexMatrixOf<T>>;
  }
}

async function compileKind<
  M extends RealButterfly | AnyComplexButterfly,
  K extends ChainVectors | Complex<FloatArray>,
>(
  kind: ElementKind<M, K>,
  own: PermutedButterfly<M>,
  plan: CpuPlan,
  opened: OpenCpu,
): Promise<CpuMatrix<K>> {
  const { engine, threads } = opened;
  const { matrix } = own;
  const packed =
    engine === undefined
      ? await compile(own as PermutedButterfly<never>, reference)
      : await PackedChain.pack(
          engine,
          { ...kind, threads, chain: matrix.chain, plan, permutations: own },
          (range) => kind.stageFactor(matrix, range),
        );
  return new CpuMatrix<K>(kind as ElementKind<never, K>, matrix, plan, opened, packed);
}

export type { CpuPlace };

/**
 * The CPU as a place to multiply: WebAssembly with SIMD on several threads, in float32 unless float64 is asked
 * for. The threads and their memory are the process's, and are opened by the first matrix that is compiled;
 * `disposeCpuThreads` ends them.
 *
 * Where there is no WebAssembly with SIMD it multiplies as `reference` does, and `report` of a compiled matrix
 * says why. A page that is not cross-origin isolated has one thread.
 *
 * @throws PapilioError `THREADS_INVALID`, `OPTION_INVALID`
 *
 * @example
 * ```ts
 * using weights = await compile(Butterfly.random(Chain.monarch(1024), { seed: 0 }), cpu());
 * const y = await weights.multiply(x, { batch: 128, layout: "batch-last" });
 * ```
 */
export function cpu<T extends CpuDtype = "f32">(options: CpuOptions<T> = {}): CpuPlace<T> {
  requireOptions("The options", options);
  const { threads, dtype = "f32" as T } = options;
  requireThreads(threads);
  requireOneOf("The dtype", dtype, ["f32", "f64"]);
  return new CpuPlace(threads, dtype);
}
