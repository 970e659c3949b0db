import { type KroneckerSparse, PapilioError, type Pattern } from "@papilio/butterfly";
import { requireFactor } from "@papilio/butterfly/errors";
import { requireGpu } from "../device/device-checks.ts";
import type { DeviceContext } from "../device/device-context.ts";
import type { Step } from "../device/kernel.ts";
import type { Epilogue } from "../kernels/epilogue.ts";
import type { KroneckerSparseProblem } from "../kernels/kronecker-sparse/problem.ts";
import { type Operand, partOf } from "../memory/scratch.ts";
import { BufferSet } from "../tensor/buffer-set.ts";
import { type InputShape, requireInputShape } from "../tensor/input-shape.ts";
import type { Vectors } from "../tensor/vectors.ts";
import { assertShape } from "./assert-shape.ts";
import {
  type EpilogueOperands,
  memoryOf,
  type OperandMemory,
  partOfOperands,
} from "./epilogue-operands.ts";
import { bindingLimits, type Portion, portionBytes, portionName, portionsOf } from "./portions.ts";

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
  gpu: DeviceContext,
  factor: KroneckerSparse,
  shape: InputShape,
) => Multiplication;

/** What an implementation prepares: the whole multiplication, or a part that the device can bind. */
export interface Part {
  readonly problem: KroneckerSparseProblem;
  readonly factor: KroneckerSparse;
  /** Its first row in the whole. */
  readonly firstRow: number;
  /** Which of the super-blocks it has: a name. */
  readonly name: string;
}

/** The steps of a part for given memory. */
type PartSteps = (x: Operand, y: Operand, operands: OperandMemory) => Step[];

/** How the steps of a multiplication take their operands. */
interface OperandOptions {
  /** Whose operands the steps are given, beside x and y. */
  readonly epilogue?: Epilogue;
  /** Whether outputs are written where the inputs are. */
  readonly inPlace?: boolean;
  /** Numbers of the shape's type that the weights take; as many as there are unless given. */
  readonly values?: number;
}

/**
 * Builds a multiplication by a factor: `prepare` fills a buffer set and returns the steps for given
 * memory. What the device cannot bind is divided into parts, which are prepared one by one.
 *
 * @throws PapilioError `F16_UNAVAILABLE`, `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`
 */
export function multiplication(
  gpu: DeviceContext,
  factor: KroneckerSparse,
  shape: InputShape,
  prepare: (buffers: BufferSet, part: Part) => PartSteps,
  options: OperandOptions = {},
): Multiplication {
  requireOperands(gpu, factor, shape);
  const { pattern } = factor;
  return portionedMultiplication(
    gpu,
    { pattern, values: options.values ?? pattern.nonZeros },
    shape,
    (buffers, portion) => {
      const { pattern: part, shape: partShape, superBlock } = portion;
      return prepare(buffers, {
        problem: { pattern: part, ...partShape },
        factor: factor.superBlocks(superBlock, part.a),
        firstRow: superBlock * part.b * part.d,
        name: portionName(portion),
      });
    },
    options,
  );
}

/**
 * Builds a multiplication by anything whose product has a pattern: `prepare` fills a buffer set with what
 * a portion takes, and returns its steps for the memory of the portion alone.
 *
 * @param whole the product's pattern, and the number of values that are stored
 * @throws PapilioError `F16_UNAVAILABLE`, `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`
 */
export function portionedMultiplication(
  gpu: DeviceContext,
  { pattern, values }: { readonly pattern: Pattern; readonly values: number },
  shape: InputShape,
  prepare: (buffers: BufferSet, portion: Portion) => PartSteps,
  { epilogue = {}, inPlace = false }: OperandOptions = {},
): Multiplication {
  gpu.assertDtype(shape.dtype);
  const buffers = new BufferSet(gpu);
  const dispose = (): void => buffers.dispose();
  try {
    const parts = portionsOf(pattern, shape, bindingLimits(gpu), values).map((portion) =>
      onPortion(portion, prepare(buffers, portion)),
    );
    return {
      get bytes() {
        return buffers.bytes;
      },
      steps: (x, y, operands = {}) => {
        buffers.assertLive();
        assertShape(x, shape, pattern.cols, "input");
        assertShape(y, shape, pattern.rows, "output");
        if (inPlace) assertSame(x, y);
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

/**
 * Refuses what no multiplication can be prepared from.
 *
 * @throws PapilioError `OPTION_INVALID`, `BATCH_INVALID`, `LAYOUT_INVALID`
 */
export function requireOperands(
  gpu: DeviceContext,
  factor: KroneckerSparse,
  shape: InputShape,
): void {
  requireGpu(gpu);
  requireFactor("The factor", factor);
  requireInputShape(shape);
}

/** Steps that take the whole memory, from those that take the portion's. */
function onPortion(portion: Portion, steps: PartSteps): PartSteps {
  const { a, b, c, d } = portion.pattern;
  const input = portionBytes(portion, c * d, a);
  const output = portionBytes(portion, b * d, a);
  return (x, y, operands) =>
    steps(
      partOf(x, input.offset, input.size),
      partOf(y, output.offset, output.size),
      partOfOperands(operands, output.offset, output.size),
    );
}

/** @throws PapilioError `TENSOR_MISMATCH` unless both have the same memory */
function assertSame(x: Vectors, y: Vectors): void {
  if (x.memory === y.memory) return;
  throw new PapilioError(
    "TENSOR_MISMATCH",
    "The multiplication was prepared to work in place, and the output is not the input.",
    "Pass the same tensor twice, or prepare it without inPlace.",
  );
}
