import type { KroneckerSparse } from "@papilio/butterfly";
import type { Gpu } from "../device/gpu.ts";
import type { Step } from "../device/kernel.ts";
import type { Epilogue } from "../kernels/epilogue.ts";
import type { KroneckerSparseProblem } from "../kernels/kronecker-sparse/problem.ts";
import { type Operand, partOf } from "../memory/scratch.ts";
import { BufferSet } from "../tensor/buffer-set.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import type { Vectors } from "../tensor/vectors.ts";
import { assertShape } from "./assert-shape.ts";
import {
  type EpilogueOperands,
  memoryOf,
  type OperandMemory,
  partOfOperands,
} from "./epilogue-operands.ts";
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

/** What an implementation prepares: the whole multiplication, or a part that the device can bind. */
export interface Part {
  readonly problem: KroneckerSparseProblem;
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
