import type { BatchShape, Butterfly, KroneckerSparse, StorageDtype } from "@papilio/butterfly";
import { requireArray, requireFunction, requireOptions } from "@papilio/butterfly/errors";
import { toButterfly } from "@papilio/butterfly/matrix";
import { requireShape } from "@papilio/butterfly/numeric";
import { requireGpu } from "../device/device-checks.ts";
import type { Gpu } from "../device/gpu.ts";
import type { Scratch } from "../memory/scratch.ts";
import type { Plan } from "../planning/plan.ts";
import { type InputShape, requireInputShape } from "../tensor/input-shape.ts";
import { requireTensor, Tensor } from "../tensor/tensor.ts";
import { scratchVectors, type Vectors } from "../tensor/vectors.ts";
import { assertShape } from "./assert-shape.ts";
import { type ButterflyMultiplication, prepareButterfly } from "./butterfly.ts";
import { type MicroBatchOptions, multiplyInMicroBatches } from "./micro-batches.ts";
import { PreparedShapes } from "./prepared-shapes.ts";
import { RepeatedMultiplication } from "./repeated-multiplication.ts";

export interface DeviceButterflyOptions {
  /** Added to every output: `rows` elements. */
  readonly bias?: Float32Array;
  /** How to multiply vectors of a shape; the cost model's choice for the device unless given. */
  readonly plan?: (shape: InputShape) => Plan | undefined;
}

/** Multiplies by vectors of one shape. */
type Repeated = RepeatedMultiplication<
  Vectors & { readonly memory: Scratch },
  ButterflyMultiplication
>;

/**
 * A butterfly matrix, or a single Kronecker-sparse factor, on the device. Weights are packed and
 * uploaded, and the program is recorded, at the first multiplication of each shape, layout and dtype;
 * both are kept for the last few. Values
 * and bias are copied when it is constructed: the caller's may change later.
 *
 * @example
 * ```ts
 * using weights = new DeviceButterfly(gpu, Butterfly.random(Chain.monarch(1024), { seed: 0 }));
 * using y = await weights.multiply(x);
 * const result = await y.data();
 * ```
 */
export class DeviceButterfly implements Disposable {
  readonly gpu: Gpu;
  readonly butterfly: Butterfly;
  readonly #options: DeviceButterflyOptions;
  readonly #prepared: PreparedShapes<InputShape, Repeated>;

  /** @throws PapilioError `ARRAY_TYPE` for a bias of another class, `OPTION_INVALID` */
  constructor(gpu: Gpu, matrix: Butterfly | KroneckerSparse, options: DeviceButterflyOptions = {}) {
    requireGpu(gpu);
    requireOptions("The options", options);
    const { bias, plan } = options;
    if (plan !== undefined) requireFunction("The plan", plan);
    this.gpu = gpu;
    this.butterfly = toButterfly(matrix).copy();
    if (bias !== undefined) requireArray("The bias", bias, "Float32Array");
    this.#options = bias === undefined ? options : { ...options, bias: bias.slice() };
    this.#prepared = new PreparedShapes(
      ({ batch, layout, dtype }) => `${batch} ${layout} ${dtype}`,
      (shape) => this.#prepare(shape),
    );
  }

  /** Device memory held, in bytes. */
  get bytes(): number {
    return this.#prepared.bytes;
  }

  /**
   * How vectors of a shape are multiplied. Prepares the multiplication.
   *
   * @throws PapilioError what {@link prepareButterfly} throws, `MATRIX_DISPOSED`
   */
  plan(shape: InputShape): Plan {
    requireInputShape(shape);
    return this.#prepared.of(shape).multiplication.plan;
  }

  /**
   * Computes `y = W x (+ bias)`. Returns once the work is submitted; read y with `data()`.
   *
   * @param x batch of `cols` features
   * @returns batch of `rows` features in the layout and dtype of x; the caller's to dispose of
   * @throws PapilioError `TENSOR_MISMATCH` when x has another number of features; `MEMORY_BUDGET`,
   * `BUFFER_TOO_LARGE`, `PLAN_INVALID`, `MATRIX_DISPOSED`
   */
  async multiply(x: Tensor): Promise<Tensor> {
    requireTensor(x);
    const { batch, layout, dtype } = x;
    const shape = { batch, layout, dtype };
    const { chain } = this.butterfly;
    assertShape(x, shape, chain.cols, "input");
    return await this.#prepared.use(shape, async (repeated) => {
      const label = `output of ${chain}`;
      const y = new Tensor(this.gpu, { ...shape, features: chain.rows, label });
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
   * Computes `W x (+ bias)` for vectors on the host, as many at a time as the device, its limits and
   * the budget of its memory allow: the uploads, the multiplications and the reads of such
   * micro-batches overlap. What is on the device meanwhile is released.
   *
   * @param x `[batch, cols]` when batch-first, `[cols, batch]` when batch-last
   * @returns `[batch, rows]` or `[rows, batch]`
   * @throws PapilioError `INPUT_LENGTH`, `BATCH_INVALID`; `MEMORY_BUDGET` when not even a few vectors
   * fit; `MATRIX_DISPOSED`; the signal's reason when it aborts
   */
  async apply(
    x: Float32Array,
    shape: BatchShape & { readonly dtype?: StorageDtype },
    options: MicroBatchOptions = {},
  ): Promise<Float32Array<ArrayBuffer>> {
    this.#prepared.assertLive();
    requireShape(shape);
    const { dtype = "f32", batch, layout } = shape;
    const whole = { batch, layout, dtype };
    return await multiplyInMicroBatches(this.gpu, this.butterfly.chain, x, whole, options, (part) =>
      prepareButterfly(this.gpu, this.butterfly, part, this.#optionsFor(part)),
    );
  }

  /**
   * Frees the packed weights, those of multiplications under way as soon as these are submitted. Use
   * after it is `MATRIX_DISPOSED`. Safe to call twice.
   */
  dispose(): void {
    this.#prepared.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #prepare(shape: InputShape): Repeated {
    const { rows, cols } = this.butterfly.chain;
    return new RepeatedMultiplication(
      this.gpu,
      prepareButterfly(this.gpu, this.butterfly, shape, this.#optionsFor(shape)),
      scratchVectors({ ...shape, features: cols }, "input"),
      scratchVectors({ ...shape, features: rows }, "output"),
    );
  }

  #optionsFor(shape: InputShape): { bias?: Float32Array; plan?: Plan } {
    const { bias } = this.#options;
    const plan = this.#options.plan?.(shape);
    return { ...(bias === undefined ? {} : { bias }), ...(plan === undefined ? {} : { plan }) };
  }
}
