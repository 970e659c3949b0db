import type { BatchShape, Butterfly, KroneckerSparse, StorageDtype } from "@papilio/butterfly";
import { requireArray, requireFunction, requireOptions } from "@papilio/butterfly/errors";
import { toButterfly } from "@papilio/butterfly/matrix";
import { requireShape } from "@papilio/butterfly/numeric";
import { requireGpu } from "../device/device-checks.ts";
import type { Gpu } from "../device/gpu.ts";
import type { Plan } from "../planning/plan.ts";
import { Program } from "../program/program.ts";
import { type InputShape, requireInputShape } from "../tensor/input-shape.ts";
import { requireTensor, Tensor } from "../tensor/tensor.ts";
import { type ButterflyMultiplication, prepareButterfly } from "./butterfly.ts";
import { type MicroBatchOptions, multiplyInMicroBatches } from "./micro-batches.ts";
import { PreparedShapes } from "./prepared-shapes.ts";

export interface DeviceButterflyOptions {
  /** Added to every output: `rows` elements. */
  readonly bias?: Float32Array;
  /** How to multiply vectors of a shape; the cost model's choice for the device unless given. */
  readonly plan?: (shape: InputShape) => Plan | undefined;
}

/**
 * A butterfly matrix, or a single Kronecker-sparse factor, on the device. Weights are packed and
 * uploaded at the first multiplication of each shape, layout and dtype, and kept for the last few. Values
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
  readonly #prepared: PreparedShapes<InputShape, ButterflyMultiplication>;

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
      (shape) => prepareButterfly(gpu, this.butterfly, shape, this.#optionsFor(shape)),
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
    return this.#prepared.of(shape).plan;
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
    return await this.#prepared.use({ batch, layout, dtype }, (multiplication) =>
      this.#multiplyBy(multiplication, x),
    );
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

  async #multiplyBy(multiplication: ButterflyMultiplication, x: Tensor): Promise<Tensor> {
    const { batch, layout, dtype } = x;
    const { chain } = this.butterfly;
    const label = `output of ${chain}`;
    const y = new Tensor(this.gpu, { batch, features: chain.rows, layout, dtype, label });
    try {
      using program = await Program.record(this.gpu, multiplication.steps(x, y));
      program.run();
      return y;
    } catch (error) {
      y.dispose();
      throw error;
    }
  }

  #optionsFor(shape: InputShape): { bias?: Float32Array; plan?: Plan } {
    const { bias } = this.#options;
    const plan = this.#options.plan?.(shape);
    return { ...(bias === undefined ? {} : { bias }), ...(plan === undefined ? {} : { plan }) };
  }
}
