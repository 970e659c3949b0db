import { type Layout, PapilioError, type StorageDtype } from "@papilio/butterfly";
import { describeValue, requireArray, requireObject, requireText } from "@papilio/butterfly/errors";
import { FLOAT_FORMATS, stridesOf } from "@papilio/butterfly/numeric";
import { requireGpu } from "../device/device-checks.ts";
import type { DeviceContext } from "../device/device-context.ts";
import { readBack } from "../device/read-back.ts";
import { storageBuffer } from "../device/storage.ts";
import type { Lease, Span } from "../memory/lease.ts";
import { decode, encode, paddedBytes } from "./dtype.ts";

export interface TensorOptions {
  /** Number of vectors, at least 1. */
  readonly batch: number;
  /** Length of each vector, at least 1. */
  readonly features: number;
  /** `batch-first` is `[batch, features]`, `batch-last` is `[features, batch]`, row-major. */
  readonly layout: Layout;
  /** `f32` by default. */
  readonly dtype?: StorageDtype;
  readonly label?: string;
}

/** A batch of vectors on the device, in a layout that it knows. */
export class Tensor implements Disposable {
  readonly gpu: DeviceContext;
  readonly batch: number;
  readonly features: number;
  readonly layout: Layout;
  readonly dtype: StorageDtype;
  readonly #memory: Lease;
  #disposed = false;

  /**
   * Allocates uninitialized device memory; {@link tensor} also fills it.
   *
   * @throws PapilioError `TENSOR_SHAPE`, `LAYOUT_INVALID`, `OPTION_INVALID`, `F16_UNAVAILABLE`,
   *   `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`
   */
  constructor(gpu: DeviceContext, options: TensorOptions) {
    requireGpu(gpu);
    requireObject("The options of a tensor", options, "an object with batch and features");
    const { batch, features, layout, dtype = "f32", label = "tensor" } = options;
    requireText("The label", label);
    requireTensorShape(batch, features);
    stridesOf({ batch, layout }, features); // refuses an unknown layout
    gpu.assertDtype(dtype);
    this.gpu = gpu;
    this.batch = batch;
    this.features = features;
    this.layout = layout;
    this.dtype = dtype;
    this.#memory = storageBuffer(gpu, paddedBytes(batch * features, dtype), label);
  }

  /** Physical shape, row-major. */
  get shape(): readonly [number, number] {
    return this.layout === "batch-first"
      ? [this.batch, this.features]
      : [this.features, this.batch];
  }

  /** Number of elements. */
  get length(): number {
    return this.batch * this.features;
  }

  /** Bytes of the elements, without padding. */
  get bytes(): number {
    return this.length * FLOAT_FORMATS[this.dtype].bytes;
  }

  /**
   * The device memory, for kernels.
   *
   * @throws PapilioError `TENSOR_DISPOSED` after {@link dispose}; `GPU_OUT_OF_MEMORY`, once, and then
   * `MEMORY_RELEASED` when the device had none for it
   */
  get memory(): Span {
    if (this.#disposed) {
      throw new PapilioError(
        "TENSOR_DISPOSED",
        `This tensor of shape [${this.shape.join(", ")}] was disposed of.`,
        "Dispose of a tensor after its last use.",
      );
    }
    this.#assertMemory();
    return this.#memory;
  }

  /**
   * Replaces the contents. `values` holds {@link length} elements in physical order; f16 rounds to
   * nearest.
   *
   * @throws PapilioError `ARRAY_TYPE`, `ARRAY_DETACHED`; `TENSOR_LENGTH` when the lengths differ;
   *   `VALUE_RANGE`, for f16, for a finite number beyond 65504
   */
  write(values: Float32Array): void {
    requireArray("What a tensor is given", values, "Float32Array");
    if (values.length !== this.length) {
      throw new PapilioError(
        "TENSOR_LENGTH",
        `A tensor of shape [${this.shape.join(", ")}] holds ${this.length} values, not ${values.length}.`,
        "Give one value for each element, in row-major order of the shape.",
      );
    }
    this.gpu.assertReady();
    const { buffer, offset } = this.memory;
    this.gpu.device.queue.writeBuffer(buffer, offset, encode(values, this.dtype));
  }

  /**
   * Waits for the work submitted so far and copies the elements back, as float32.
   *
   * @throws PapilioError `GPU_LOST`, `GPU_ERROR`, `GPU_OUT_OF_MEMORY`, `MEMORY_RELEASED` or `TENSOR_DISPOSED`.
   */
  async data(): Promise<Float32Array<ArrayBuffer>> {
    const bytes = await this.gpu.finish(() => {
      const { memory } = this;
      return readBack(this.gpu, memory, memory.size);
    });
    // Another operation may have been notified that there is no memory.
    if (!this.#disposed) this.#assertMemory();
    return decode(bytes, this.length, this.dtype);
  }

  /** Frees the device memory. Safe to call twice. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#memory.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #assertMemory(): void {
    if (this.#memory.live) return;
    // Why it is gone, if no operation was notified yet.
    this.gpu.assertReady();
    throw new PapilioError(
      "MEMORY_RELEASED",
      `This tensor of shape [${this.shape.join(", ")}] has no memory: the device had none for it.`,
      "Dispose of it, and of what is no longer needed, and recreate it.",
    );
  }
}

/** @throws PapilioError `OPTION_INVALID` for what is not a tensor of real numbers */
export function requireTensor(value: unknown): void {
  requireObject("The input", value, "a Tensor", "gpu", "features", "layout", "memory", "shape");
}

/** @throws PapilioError `TENSOR_SHAPE` unless there can be a batch of so many vectors of so many features */
export function requireTensorShape(batch: number, features: number): void {
  const whole = [batch, features].every(Number.isSafeInteger);
  const figures = { batch, features, "their product": whole ? batch * features : Number.NaN };
  for (const [name, value] of Object.entries(figures)) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new PapilioError(
      "TENSOR_SHAPE",
      `A tensor of batch ${describeValue(batch)} and ${describeValue(features)} features cannot be made: ${name} is ${describeValue(value)}.`,
      "Give positive integers whose product is below 2^53.",
    );
  }
}

/**
 * Uploads a batch of vectors.
 *
 * @example
 * ```ts
 * using x = tensor(gpu, new Float32Array(128 * 1024), {
 *   batch: 128, features: 1024, layout: "batch-last",
 * });
 * ```
 */
export function tensor(gpu: DeviceContext, values: Float32Array, options: TensorOptions): Tensor {
  const result = new Tensor(gpu, options);
  try {
    result.write(values);
    return result;
  } catch (error) {
    result.dispose();
    throw error;
  }
}
