import { type BatchShape, type Complex, PapilioError } from "@papilio/butterfly";
import { requireArray, requireObject } from "@papilio/butterfly/errors";
import { stridesOf } from "@papilio/butterfly/numeric";
import { requireGpu } from "../device/device-checks.ts";
import type { DeviceContext } from "../device/device-context.ts";
import type { Span } from "../memory/lease.ts";
import { interleave } from "./interleave.ts";
import { requireTensorShape, Tensor } from "./tensor.ts";
import type { ComplexVectors } from "./vectors.ts";

export interface ComplexTensorOptions extends BatchShape {
  /** Length of each vector, at least 1. */
  readonly features: number;
  readonly label?: string;
}

/**
 * A batch of complex vectors on the device: complex64, pairs of real and imaginary parts in float32.
 * `batch-first` is `[batch, features]`, `batch-last` is `[features, batch]`, row-major.
 */
export class ComplexTensor implements ComplexVectors, Disposable {
  readonly gpu: DeviceContext;
  readonly batch: number;
  readonly features: number;
  readonly layout: BatchShape["layout"];
  readonly dtype = "complex64";
  /** The same memory as real numbers, twice as many along the last axis. */
  readonly #pairs: Tensor;

  /**
   * Allocates uninitialized device memory; {@link complexTensor} also fills it.
   *
   * @throws PapilioError `TENSOR_SHAPE`, and what {@link Tensor} throws
   */
  constructor(gpu: DeviceContext, options: ComplexTensorOptions) {
    requireGpu(gpu);
    requireObject("The options of a tensor", options, "an object with batch and features");
    const { batch, features, layout, label = "complex tensor" } = options;
    // Of the numbers themselves: a half of one makes a whole number of parts.
    requireTensorShape(batch, features);
    stridesOf({ batch, layout }, features); // refuses an unknown layout
    const pairs =
      layout === "batch-first" ? { batch, features: 2 * features } : { batch: 2 * batch, features };
    this.gpu = gpu;
    this.batch = batch;
    this.features = features;
    this.layout = layout;
    this.#pairs = new Tensor(gpu, { ...pairs, layout, label });
  }

  /** Number of complex elements. */
  get length(): number {
    return this.batch * this.features;
  }

  /** Bytes of the elements, without padding. */
  get bytes(): number {
    return this.#pairs.bytes;
  }

  /** The device memory, for kernels. Throws what that of {@link Tensor} throws. */
  get memory(): Span {
    return this.#pairs.memory;
  }

  /**
   * Replaces the contents, in physical order.
   *
   * @throws PapilioError `OPTION_INVALID`, `ARRAY_TYPE`; `TENSOR_LENGTH` when the lengths differ
   */
  write(values: Complex): void {
    requireObject("What a tensor is given", values, "an object with re and im");
    const { re, im } = values;
    requireArray("The real part", re, "Float32Array");
    requireArray("The imaginary part", im, "Float32Array");
    if (re.length !== this.length || im.length !== this.length) {
      throw new PapilioError(
        "TENSOR_LENGTH",
        `A complex tensor of ${this.length} elements is given ${re.length} real and ${im.length} imaginary parts.`,
        "Give one of each for every element, in row-major order of the shape.",
      );
    }
    this.#pairs.write(interleave(re, im));
  }

  /** Waits for the work submitted so far and copies the elements back. Throws what {@link Tensor.data} does. */
  async data(): Promise<Complex> {
    const pairs = await this.#pairs.data();
    const [re, im] = [new Float32Array(this.length), new Float32Array(this.length)];
    for (let index = 0; index < this.length; index++) {
      re[index] = pairs[2 * index] as number;
      im[index] = pairs[2 * index + 1] as number;
    }
    return { re, im };
  }

  /** Frees the device memory. Safe to call twice. */
  dispose(): void {
    this.#pairs.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * Uploads a batch of complex vectors.
 *
 * @example
 * ```ts
 * using x = complexTensor(gpu, { re, im }, { batch: 1, features: 65536, layout: "batch-first" });
 * ```
 */
export function complexTensor(
  gpu: DeviceContext,
  values: Complex,
  options: ComplexTensorOptions,
): ComplexTensor {
  const result = new ComplexTensor(gpu, options);
  try {
    result.write(values);
    return result;
  } catch (error) {
    result.dispose();
    throw error;
  }
}
