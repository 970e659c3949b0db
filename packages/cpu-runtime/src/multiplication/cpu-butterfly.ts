import { type BatchShape, Butterfly, type KroneckerSparse } from "@papilio/butterfly";
import { arrayTag, requireArray } from "@papilio/butterfly/errors";
import { toButterfly } from "@papilio/butterfly/matrix";
import { decodeHalf, encodeHalf } from "@papilio/butterfly/numeric";
import {
  type CpuButterflyOptions,
  CpuMatrix,
  type CpuMultiplyOptions,
  type ElementKind,
} from "./cpu-matrix.ts";
import type { CpuVectors } from "./packed-chain.ts";

const REAL: ElementKind<Butterfly, CpuVectors> = {
  parts: 1,
  require(what, x, like) {
    if (like === undefined) requireArray(what, x, "Float32Array", "Uint16Array");
    else requireArray(what, x, isSingle(like) ? "Float32Array" : "Uint16Array");
  },
  partsOf: (x) => [x],
  // Of this realm, whatever realm the other array is of.
  allocateLike: (x, length) => (isSingle(x) ? new Float32Array(length) : new Uint16Array(length)),
  stageFactor(butterfly, { from, to }) {
    const factors = butterfly.factors.slice(from, to);
    const merged = to - from === 1 ? factors : new Butterfly(factors).merge(0, to - from).factors;
    const { pattern, sharing, values } = (merged[0] as KroneckerSparse).share();
    return { pattern, sharing, values: [values] };
  },
  applyReference(butterfly, x, shape, y) {
    const result = butterfly.apply(isSingle(x) ? x : decodeHalf(x), shape);
    y.set(isSingle(y) ? result : encodeHalf(result));
  },
};

function isSingle(x: CpuVectors): x is Float32Array {
  return arrayTag(x) === "Float32Array";
}

/**
 * A butterfly matrix, or a single Kronecker-sparse factor, on the CPU: in WebAssembly with SIMD, on
 * several threads, float32. Values are packed once; factors are multiplied out where that is faster, and
 * ranges of them applied to a block while it is in the cache.
 *
 * Where there is no WebAssembly with SIMD it computes as `Butterfly.apply` does, and `report` says
 * why. A page that is not cross-origin isolated has one thread.
 *
 * @example
 * ```ts
 * using weights = await CpuButterfly.create(Butterfly.random(Chain.monarch(1024), { seed: 0 }));
 * const y = await weights.multiply(x, { batch: 128, layout: "batch-last" });
 * ```
 */
export class CpuButterfly extends CpuMatrix<Butterfly, CpuVectors> {
  /**
   * Copies and packs the values and opens the threads that are missing: the caller's may change later.
   *
   * @throws PapilioError `PLAN_INVALID`, `THREADS_INVALID`, `CPU_MEMORY`, `CPU_WORKER_FAILED`; `VALUE_RANGE` where a product of
   *   factors has a value beyond the range of float32
   */
  static async create(
    matrix: Butterfly | KroneckerSparse,
    options: CpuButterflyOptions = {},
  ): Promise<CpuButterfly> {
    const butterfly = toButterfly(matrix);
    return new CpuButterfly(REAL, await CpuMatrix.prepare(butterfly, REAL.parts, options));
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
    return (await this.multiplyVectors(x, shape, options)) as X;
  }
}
