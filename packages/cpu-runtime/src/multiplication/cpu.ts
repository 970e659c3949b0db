import {
  type AnyButterfly,
  type Butterfly,
  type Complex,
  type ComplexButterfly,
  compile,
  type PermutedButterfly,
  type Place,
  reference,
} from "@papilio/butterfly";
import { requireOptions } from "@papilio/butterfly/errors";
import { storableButterfly, withPermutations } from "@papilio/butterfly/matrix";
import { type OpenCpu, openCpu, requireThreads } from "../engine/open-cpu.ts";
import { type CpuPlan, planForCpu } from "../planning/plan.ts";
import { requireCpuPlan } from "../planning/require-plan.ts";
import { CpuMatrix } from "./cpu-matrix.ts";
import { COMPLEX, type ElementKind, REAL } from "./element-kinds.ts";
import { type CpuVectors, PackedChain } from "./packed-chain.ts";

export interface CpuOptions {
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

/** What {@link cpu} returns. */
class CpuPlace
  implements Place<Float32Array, CpuMatrix<CpuVectors>, CpuMatrix<Complex>, CpuCompileOptions>
{
  readonly #threads: number | undefined;

  constructor(threads: number | undefined) {
    this.#threads = threads;
  }

  /**
   * Copies and packs the values and opens the threads that are missing: what `compile` calls.
   *
   * @throws PapilioError `OPTION_INVALID`, `PLAN_INVALID`, `CPU_MEMORY`, `CPU_WORKER_FAILED`; `VALUE_RANGE`
   *   where a product of factors has a value beyond the range of float32
   */
  compileMatrix(
    matrix: PermutedButterfly<Butterfly>,
    options?: CpuCompileOptions,
  ): Promise<CpuMatrix<CpuVectors>>;
  compileMatrix(
    matrix: PermutedButterfly<ComplexButterfly>,
    options?: CpuCompileOptions,
  ): Promise<CpuMatrix<Complex>>;
  async compileMatrix(
    matrix: PermutedButterfly<Butterfly | ComplexButterfly>,
    options: CpuCompileOptions = {},
  ): Promise<CpuMatrix<CpuVectors> | CpuMatrix<Complex>> {
    requireOptions("The options", options);
    const permuted = withPermutations(matrix);
    const { chain } = permuted.matrix;
    const isComplex = "conjugate" in permuted.matrix;
    const plan =
      options.plan === undefined
        ? planForCpu(chain, isComplex ? 2 : 1)
        : requireCpuPlan(chain, options.plan);
    // The caller's values may change while the threads open.
    const own = permuted
      .map((one: AnyButterfly) => storableButterfly(one, "F32"))
      .copy() as PermutedButterfly<Butterfly | ComplexButterfly>;
    const opened = await openCpu(this.#threads);
    return isComplex
      ? compileKind(COMPLEX, own as PermutedButterfly<ComplexButterfly>, plan, opened)
      : compileKind(REAL, own as PermutedButterfly<Butterfly>, plan, opened);
  }
}

async function compileKind<M extends Butterfly | ComplexButterfly, K extends CpuVectors | Complex>(
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
          { threads, chain: matrix.chain, parts: kind.parts, plan, permutations: own },
          (range) => kind.stageFactor(matrix, range),
        );
  return new CpuMatrix<K>(kind as ElementKind<never, K>, matrix, plan, opened, packed);
}

export type { CpuPlace };

/**
 * The CPU as a place to multiply: WebAssembly with SIMD on several threads, in float32. The threads and their
 * memory are the process's, and are opened by the first matrix that is compiled; `disposeCpuThreads` ends them.
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
export function cpu(options: CpuOptions = {}): CpuPlace {
  requireOptions("The options", options);
  const { threads } = options;
  requireThreads(threads);
  return new CpuPlace(threads);
}
