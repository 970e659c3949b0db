import {
  type BatchShape,
  type Complex,
  ComplexButterfly,
  type ComplexKroneckerSparse,
} from "@papilio/butterfly";
import { requireArray } from "@papilio/butterfly/errors";
import { toComplexButterfly } from "@papilio/butterfly/matrix";
import { requireParts } from "@papilio/butterfly/numeric";
import {
  type CpuButterflyOptions,
  CpuMatrix,
  type CpuMultiplyOptions,
  type ElementKind,
} from "./cpu-matrix.ts";

const COMPLEX: ElementKind<ComplexButterfly, Complex> = {
  parts: 2,
  require(what, x) {
    requireArray(`${what}'s real part`, x?.re, "Float32Array");
    requireArray(`${what}'s imaginary part`, x?.im, "Float32Array");
    requireParts(x);
  },
  partsOf: ({ re, im }) => [re, im],
  allocateLike: (_, length) => ({ re: new Float32Array(length), im: new Float32Array(length) }),
  stageFactor(butterfly, { from, to }) {
    const factors = butterfly.factors.slice(from, to);
    const merged =
      to - from === 1 ? factors : new ComplexButterfly(factors).merge(0, to - from).factors;
    const { re, im } = (merged[0] as ComplexKroneckerSparse).share();
    // Blocks are packed once along the axes where both parts are equal.
    const sharing = { a: re.sharing.a && im.sharing.a, d: re.sharing.d && im.sharing.d };
    const values = [re, im].map((part) => part.withSharing(sharing).values);
    return { pattern: re.pattern, sharing, values };
  },
  applyReference(butterfly, x, shape, y) {
    const { re, im } = butterfly.apply(x, shape);
    y.re.set(re);
    y.im.set(im);
  },
};

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
export class CpuComplexButterfly extends CpuMatrix<ComplexButterfly, Complex> {
  /**
   * Copies and packs the values and opens the threads that are missing: the caller's may change later.
   *
   * @throws PapilioError `PLAN_INVALID`, `THREADS_INVALID`, `CPU_MEMORY`, `CPU_WORKER_FAILED`
   */
  static async create(
    matrix: ComplexButterfly | ComplexKroneckerSparse,
    options: CpuButterflyOptions = {},
  ): Promise<CpuComplexButterfly> {
    const butterfly = toComplexButterfly(matrix);
    const prepared = await CpuMatrix.prepare(butterfly, COMPLEX.parts, options);
    return new CpuComplexButterfly(COMPLEX, prepared);
  }

  /**
   * `y = W x` for a batch of complex vectors. Sums are in float32.
   *
   * @param x `[batch, cols]` when batch-first, `[cols, batch]` when batch-last
   * @returns `out`, or new arrays: `[batch, rows]` or `[rows, batch]`
   * @throws PapilioError `COMPLEX_PARTS`, and what `CpuButterfly.multiply` throws
   */
  multiply(
    x: Complex,
    shape: BatchShape,
    options: CpuMultiplyOptions<Complex> = {},
  ): Promise<Complex> {
    return this.multiplyVectors(x, shape, options);
  }
}
