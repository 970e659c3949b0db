import {
  type BatchShape,
  type KroneckerSparse,
  PapilioError,
  type StorageDtype,
} from "@papilio/butterfly";
import type { Gpu } from "../device/gpu.ts";
import type { Problem } from "../kernels/kronecker-sparse/problem.ts";
import type { Lease } from "../memory/lease.ts";
import type { Operand } from "../memory/scratch.ts";
import { upload } from "../memory/storage.ts";
import type { Step } from "../program/kernel.ts";
import { encode } from "../tensor/dtype.ts";
import type { Vectors } from "../tensor/vectors.ts";

/** What a multiplication is prepared for, besides its factor. */
export interface InputShape extends BatchShape {
  readonly dtype: StorageDtype;
}

/** A way of computing `y = W x` on the device. Prepared once, run as often as wanted. */
export interface Multiplication extends Disposable {
  /** Dispatches that compute `y` from `x`, of the shape that this was prepared for. */
  steps(x: Vectors, y: Vectors): readonly Step[];
  /** Device memory held: weights and indices, in bytes. What lies between steps is the program's. */
  readonly bytes: number;
  dispose(): void;
}

/** Uploads a factor's weights and allocates what else an implementation needs. */
export type PrepareMultiplication = (
  gpu: Gpu,
  factor: KroneckerSparse,
  shape: InputShape,
) => Multiplication;

/**
 * Device memory with one owner. Used while a multiplication is prepared: if that fails half-way,
 * nothing stays allocated.
 */
export class BufferSet implements Disposable {
  readonly #gpu: Gpu;
  readonly #leases: Lease[] = [];

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  get bytes(): number {
    return this.#leases.reduce((sum, { size }) => sum + size, 0);
  }

  add(lease: Lease): Lease {
    this.#leases.push(lease);
    return lease;
  }

  upload(values: Float32Array, dtype: StorageDtype, label: string): Lease {
    return this.add(upload(this.#gpu, encode(values, dtype), label));
  }

  uploadIndices(indices: Uint32Array<ArrayBuffer>, label: string): Lease {
    return this.add(upload(this.#gpu, new Uint8Array(indices.buffer), label));
  }

  dispose(): void {
    for (const lease of this.#leases) lease.release();
    this.#leases.length = 0;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * Builds a multiplication: `prepare` fills a buffer set and returns the steps for given tensors.
 *
 * @throws F16_UNAVAILABLE, BUFFER_TOO_LARGE
 */
export function multiplication(
  gpu: Gpu,
  factor: KroneckerSparse,
  shape: InputShape,
  prepare: (buffers: BufferSet, problem: Problem) => (x: Operand, y: Operand) => Step[],
): Multiplication {
  const { pattern } = factor;
  gpu.assertDtype(shape.dtype);
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
        return steps(x.memory, y.memory);
      },
      dispose: () => buffers.dispose(),
      [Symbol.dispose]: () => buffers.dispose(),
    };
  } catch (error) {
    buffers.dispose();
    throw error;
  }
}

function assertShape(tensor: Vectors, shape: InputShape, features: number, role: string): void {
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
