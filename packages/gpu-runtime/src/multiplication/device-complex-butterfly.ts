import {
  type BatchShape,
  type Complex,
  type ComplexButterfly,
  PapilioError,
  type PermutedButterfly,
} from "@papilio/butterfly";
import { requireArray, requireObject } from "@papilio/butterfly/errors";
import { withPermutations } from "@papilio/butterfly/matrix";
import { requireShape, requireVectors, stridesOf } from "@papilio/butterfly/numeric";
import { requireGpu } from "../device/device-checks.ts";
import type { Gpu } from "../device/gpu.ts";
import type { Scratch } from "../memory/scratch.ts";
import type { Plan } from "../planning/plan.ts";
import { ComplexTensor, complexTensor } from "../tensor/complex-tensor.ts";
import { type ComplexVectors, scratchComplexVectors } from "../tensor/vectors.ts";
import {
  type ComplexMultiplication,
  prepareComplexButterfly,
  requireComplexMatrix,
} from "./complex-butterfly.ts";
import { PreparedShapes } from "./prepared-shapes.ts";
import { RepeatedMultiplication } from "./repeated-multiplication.ts";

/** Multiplies by vectors of one shape. */
type Repeated = RepeatedMultiplication<
  ComplexVectors & { readonly memory: Scratch },
  ComplexMultiplication
>;

/**
 * A complex butterfly matrix on the device, between permutations or without: a Fourier transform, for
 * example. Weights are packed and uploaded at the first multiplication of each shape, and kept for the
 * last few. Values are copied when it is constructed: the caller's may change later.
 *
 * @example
 * ```ts
 * using transform = new DeviceComplexButterfly(gpu, fourier(65536).map((matrix) => matrix.convert("float32")));
 * const spectrum = await transform.apply({ re, im }, { batch: 1, layout: "batch-first" });
 * ```
 */
export class DeviceComplexButterfly implements Disposable {
  readonly gpu: Gpu;
  readonly butterfly: PermutedButterfly<ComplexButterfly>;
  readonly #prepared: PreparedShapes<BatchShape, Repeated>;

  constructor(gpu: Gpu, matrix: ComplexButterfly | PermutedButterfly<ComplexButterfly>) {
    requireGpu(gpu);
    const given = withPermutations(matrix) as PermutedButterfly<ComplexButterfly>;
    requireComplexMatrix(given);
    this.gpu = gpu;
    this.butterfly = given.copy();
    this.#prepared = new PreparedShapes(
      ({ batch, layout }) => `${batch} ${layout}`,
      (shape) =>
        new RepeatedMultiplication(
          gpu,
          prepareComplexButterfly(gpu, this.butterfly, shape),
          scratchComplexVectors(shape, this.butterfly.cols, "input"),
          scratchComplexVectors(shape, this.butterfly.rows, "output"),
        ),
    );
  }

  /** Device memory held, in bytes. */
  get bytes(): number {
    return this.#prepared.bytes;
  }

  /**
   * How vectors of a shape are multiplied: a dispatch for each stage. Prepares the multiplication.
   *
   * @throws PapilioError what {@link prepareComplexButterfly} throws
   */
  plan(shape: BatchShape): Plan {
    stridesOf(shape, this.butterfly.cols); // refuses a bad shape
    return this.#prepared.of(shape).multiplication.plan;
  }

  /**
   * Computes `y = W x`. Returns once the work is submitted; read y with `data()`.
   *
   * @param x batch of `cols` features
   * @returns batch of `rows` features in the layout of x; the caller's to dispose of
   * @throws PapilioError `TENSOR_MISMATCH` when x has another number of features; `MEMORY_BUDGET`,
   * `BUFFER_TOO_LARGE`, `MATRIX_DISPOSED`
   */
  async multiply(x: ComplexTensor): Promise<ComplexTensor> {
    const { rows, cols } = this.butterfly;
    requireObject("The input", x, "a ComplexTensor", "gpu", "features", "layout", "memory");
    const { batch, layout, features } = x;
    if (features !== cols) {
      throw new PapilioError(
        "TENSOR_MISMATCH",
        `The input has ${features} features, but the butterfly takes ${cols}.`,
        `Pass vectors of ${cols} features.`,
      );
    }
    return await this.#prepared.use({ batch, layout }, async (repeated) => {
      const y = new ComplexTensor(this.gpu, { batch, features: rows, layout });
      try {
        await repeated.run(x.memory, y.memory);
        return y;
      } catch (error) {
        y.dispose();
        throw error;
      }
    });
  }

  /**
   * Computes `W x` for complex vectors on the host.
   *
   * @param x `[batch, cols]` when batch-first, `[cols, batch]` when batch-last
   * @returns `[batch, rows]` or `[rows, batch]`
   * @throws PapilioError `INPUT_LENGTH`, `BATCH_INVALID`, `TENSOR_LENGTH`, and what
   * {@link multiply} throws
   */
  async apply(x: Complex, shape: BatchShape): Promise<Complex> {
    this.#prepared.assertLive();
    const { cols } = this.butterfly;
    requireObject("The input", x, "an object with re and im");
    requireArray("The real part of the input", x.re, "Float32Array");
    requireShape(shape);
    requireVectors("input", x.re.length, cols, shape.batch);
    using input = complexTensor(this.gpu, x, { ...shape, features: cols });
    using output = await this.multiply(input);
    return await output.data();
  }

  /** Frees the packed weights. Use after it is `MATRIX_DISPOSED`. Safe to call twice. */
  dispose(): void {
    this.#prepared.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
