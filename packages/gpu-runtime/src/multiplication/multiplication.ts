import { PapilioError, type Layout, Pattern } from "@papilio/butterfly";
import type { Gpu } from "../device/gpu.ts";
import type { Problem } from "../kernels/kronecker-sparse/problem.ts";
import type { Step } from "../program/kernel.ts";
import { uploadBuffer } from "../tensor/buffer.ts";
import { type Dtype, encode } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A Kronecker-sparse factor on the CPU: `KroneckerSparse` of `@papilio/butterfly` is one. */
export interface FactorValues {
  readonly pattern: Pattern;
  /** Canonical `[a, b, c, d]`. */
  readonly values: Float32Array;
}

/** What a multiplication is prepared for, besides its factor. */
export interface InputShape {
  readonly batch: number;
  readonly layout: Layout;
  readonly dtype: Dtype;
}

/** A way of computing `y = W x` on the device. Prepared once, run as often as wanted. */
export interface Multiplication extends Disposable {
  /** Dispatches that compute `y` from `x`, tensors of the shape that this was prepared for. */
  steps(x: Tensor, y: Tensor): readonly Step[];
  /** Device memory held besides x and y: weights, indices and intermediates, in bytes. */
  readonly bytes: number;
  dispose(): void;
}

/** Uploads a factor's weights and allocates what else an implementation needs. */
export type PrepareMultiplication = (
  gpu: Gpu,
  factor: FactorValues,
  shape: InputShape,
) => Multiplication;

/**
 * Device buffers with one owner. Used while a multiplication is prepared: if that fails half-way,
 * nothing stays allocated.
 */
export class BufferSet implements Disposable {
  readonly #gpu: Gpu;
  readonly #buffers: GPUBuffer[] = [];

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  get bytes(): number {
    return this.#buffers.reduce((sum, buffer) => sum + buffer.size, 0);
  }

  add(buffer: GPUBuffer): GPUBuffer {
    this.#buffers.push(buffer);
    return buffer;
  }

  upload(values: Float32Array, dtype: Dtype, label: string): GPUBuffer {
    return this.add(uploadBuffer(this.#gpu, encode(values, dtype), label));
  }

  uploadIndices(indices: Uint32Array<ArrayBuffer>, label: string): GPUBuffer {
    return this.add(uploadBuffer(this.#gpu, new Uint8Array(indices.buffer), label));
  }

  dispose(): void {
    for (const buffer of this.#buffers) buffer.destroy();
    this.#buffers.length = 0;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * Builds a multiplication: `prepare` fills a buffer set and returns the steps for given tensors.
 *
 * @throws VALUES_LENGTH, F16_UNAVAILABLE, BUFFER_TOO_LARGE
 */
export function multiplication(
  gpu: Gpu,
  factor: FactorValues,
  shape: InputShape,
  prepare: (buffers: BufferSet, problem: Problem) => (x: GPUBuffer, y: GPUBuffer) => Step[],
): Multiplication {
  const { pattern, values } = factor;
  if (values.length !== pattern.nonZeros) {
    throw new PapilioError(
      "VALUES_LENGTH",
      `Pattern ${pattern} has ${pattern.nonZeros} values, not ${values.length}.`,
      "Give the values in canonical order, [a, b, c, d].",
    );
  }
  if (shape.dtype === "f16" && !gpu.report.features.f16) throw f16Unavailable(gpu);
  const buffers = new BufferSet(gpu);
  try {
    const steps = prepare(buffers, { pattern, ...shape });
    return {
      get bytes() {
        return buffers.bytes;
      },
      steps: (x, y) => {
        assertShape(x, shape, pattern.cols, "input");
        assertShape(y, shape, pattern.rows, "output");
        return steps(x.buffer, y.buffer);
      },
      dispose: () => buffers.dispose(),
      [Symbol.dispose]: () => buffers.dispose(),
    };
  } catch (error) {
    buffers.dispose();
    throw error;
  }
}

/** The error for half precision on a device without it. */
export function f16Unavailable(gpu: Gpu): PapilioError {
  return new PapilioError(
    "F16_UNAVAILABLE",
    `Adapter ${gpu.report.name} has no half precision (shader-f16).`,
    "Use dtype f32, or another adapter.",
  );
}

function assertShape(tensor: Tensor, shape: InputShape, features: number, role: string): void {
  const { batch, layout, dtype } = shape;
  if (
    tensor.batch !== batch ||
    tensor.features !== features ||
    tensor.layout !== layout ||
    tensor.dtype !== dtype
  ) {
    throw new PapilioError(
      "TENSOR_MISMATCH",
      `The ${role} is ${tensor.dtype} ${tensor.layout} with batch ${tensor.batch} and ${tensor.features} features; prepared for ${dtype} ${layout} with batch ${batch} and ${features} features.`,
      "Prepare a multiplication for this shape, or convert the tensor.",
    );
  }
}

/**
 * The batched matrix product that a factor becomes once its perfect shuffles are done apart:
 * pattern `(a d, b, c, 1)`, with its values `[a d, b, c, 1]`.
 */
export function blockDiagonal({ pattern, values }: FactorValues): FactorValues {
  const { a, b, c, d } = pattern;
  const blocks = new Pattern(a * d, b, c, 1);
  const result = new Float32Array(values.length);
  let write = 0;
  for (let i = 0; i < a; i++) {
    for (let k = 0; k < d; k++) {
      for (let j = 0; j < b; j++) {
        for (let l = 0; l < c; l++) {
          result[write++] = values[((i * b + j) * c + l) * d + k] as number;
        }
      }
    }
  }
  return { pattern: blocks, values: result };
}
