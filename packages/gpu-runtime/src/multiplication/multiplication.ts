import type { KroneckerSparse, StorageDtype } from "@papilio/butterfly";
import type { Gpu } from "../device/gpu.ts";
import type { Epilogue } from "../kernels/epilogue.ts";
import type { Problem } from "../kernels/kronecker-sparse/problem.ts";
import { DisposableState } from "../memory/disposable-state.ts";
import type { Lease } from "../memory/lease.ts";
import { type Operand, partOf } from "../memory/scratch.ts";
import { upload } from "../memory/storage.ts";
import type { Step } from "../program/kernel.ts";
import { encode } from "../tensor/dtype.ts";
import type { Vectors } from "../tensor/vectors.ts";
import { assertShape } from "./assert-shape.ts";
import { type EpilogueOperands, memoryOf, type OperandMemory, partOfOperands } from "./epilogue.ts";
import type { InputShape } from "./input-shape.ts";
import { bindingLimits, type Portion, portionBytes, portionsOf } from "./portions.ts";

/** A way of computing `y = W x` on the device. Prepared once, run as often as wanted. */
export interface Multiplication extends Disposable {
  /**
   * Dispatches that compute `y` from `x`, of the shape that this was prepared for.
   *
   * @param operands what its epilogue takes, if it was prepared with `multiply` or `add`. One that is
   * y's own memory is read before it is written, as x += W x does.
   * @throws PapilioError `TENSOR_MISMATCH`
   */
  steps(x: Vectors, y: Vectors, operands?: EpilogueOperands): readonly Step[];
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
  readonly #state = new DisposableState("multiplication");

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  get bytes(): number {
    return this.#leases.reduce((sum, { size }) => sum + size, 0);
  }

  /** @throws PapilioError `MULTIPLICATION_DISPOSED` after {@link dispose} */
  assertLive(): void {
    this.#state.assertLive();
  }

  /**
   * Takes memory over, in any case.
   *
   * @throws PapilioError `MULTIPLICATION_DISPOSED`
   */
  add(lease: Lease): Lease {
    try {
      this.assertLive();
    } catch (error) {
      lease.release();
      throw error;
    }
    this.#leases.push(lease);
    return lease;
  }

  /** @throws PapilioError `MULTIPLICATION_DISPOSED`, `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`, `VALUE_RANGE` */
  upload(values: Float32Array, dtype: StorageDtype, label: string): Lease {
    return this.#upload(encode(values, dtype, `What is uploaded as ${label}`), label);
  }

  /** @throws PapilioError `MULTIPLICATION_DISPOSED`, `BUFFER_TOO_LARGE`, `MEMORY_BUDGET` */
  uploadIndices(indices: Uint32Array<ArrayBuffer>, label: string): Lease {
    const { buffer, byteOffset, byteLength } = indices;
    return this.#upload(new Uint8Array(buffer, byteOffset, byteLength), label);
  }

  /** Releases the memory; safe to call twice. */
  dispose(): void {
    this.#state.dispose(() => {
      for (const lease of this.#leases) lease.release();
      this.#leases.length = 0;
    });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #upload(bytes: Uint8Array<ArrayBuffer>, label: string): Lease {
    this.assertLive();
    return this.add(upload(this.#gpu, bytes, label));
  }
}

/** What an implementation prepares: the whole multiplication, or a part that the device can bind. */
export interface Part {
  readonly problem: Problem;
  readonly factor: KroneckerSparse;
  /** Its first row in the whole. */
  readonly firstRow: number;
}

/** The steps of a part for given memory. */
type PartSteps = (x: Operand, y: Operand, operands: OperandMemory) => Step[];

/**
 * Builds a multiplication: `prepare` fills a buffer set and returns the steps for given memory. What
 * the device cannot bind is divided into parts, which are prepared one by one.
 *
 * @param epilogue whose operands the steps are given, beside x and y
 * @throws PapilioError `F16_UNAVAILABLE`, `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`
 */
export function multiplication(
  gpu: Gpu,
  factor: KroneckerSparse,
  shape: InputShape,
  prepare: (buffers: BufferSet, part: Part) => PartSteps,
  epilogue: Epilogue = {},
): Multiplication {
  const { pattern } = factor;
  gpu.assertDtype(shape.dtype);
  const buffers = new BufferSet(gpu);
  const dispose = (): void => buffers.dispose();
  try {
    const parts = portionsOf(pattern, shape, bindingLimits(gpu)).map((portion) =>
      preparePortion(buffers, factor, portion, prepare),
    );
    return {
      get bytes() {
        return buffers.bytes;
      },
      steps: (x, y, operands = {}) => {
        buffers.assertLive();
        assertShape(x, shape, pattern.cols, "input");
        assertShape(y, shape, pattern.rows, "output");
        const memory = memoryOf(epilogue, operands, shape, pattern.rows);
        return parts.flatMap((part) => part(x.memory, y.memory, memory));
      },
      dispose,
      [Symbol.dispose]: dispose,
    };
  } catch (error) {
    buffers.dispose();
    throw error;
  }
}

function preparePortion(
  buffers: BufferSet,
  factor: KroneckerSparse,
  portion: Portion,
  prepare: (buffers: BufferSet, part: Part) => PartSteps,
): PartSteps {
  const { pattern, shape, superBlock } = portion;
  const { a, b, c, d } = pattern;
  const input = portionBytes(portion, c * d, a);
  const output = portionBytes(portion, b * d, a);
  const steps = prepare(buffers, {
    problem: { pattern, ...shape },
    factor: factor.superBlocks(superBlock, a),
    firstRow: superBlock * b * d,
  });
  return (x, y, operands) =>
    steps(
      partOf(x, input.offset, input.size),
      partOf(y, output.offset, output.size),
      partOfOperands(operands, output.offset, output.size),
    );
}
