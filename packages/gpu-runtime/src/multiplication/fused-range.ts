import { Butterfly, PapilioError } from "@papilio/butterfly";
import { requireArray } from "@papilio/butterfly/errors";
import type { Gpu } from "../device/gpu.ts";
import type { Step } from "../device/kernel.ts";
import type { Epilogue } from "../kernels/epilogue.ts";
import { chooseFusedRange } from "../kernels/fused-range/choose.ts";
import { fusedRangeKernel } from "../kernels/fused-range/kernel.ts";
import { packFusedRange, rangeSharing } from "../kernels/fused-range/pack.ts";
import type { FusedRangeVariant } from "../kernels/fused-range/variant.ts";
import { type Operand, partOf } from "../memory/scratch.ts";
import { BufferSet } from "../tensor/buffer-set.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import type { Vectors } from "../tensor/vectors.ts";
import { assertShape } from "./assert-shape.ts";
import {
  memoryOf,
  type OperandMemory,
  oncePerPlace,
  partOfOperands,
  placeOperands,
  requireActivation,
} from "./epilogue-operands.ts";
import type { Multiplication } from "./multiplication.ts";
import { bindingLimits, type Portion, portionBytes, portionsOf } from "./portions.ts";

export interface FusedRangeOptions extends Epilogue {
  /** Shape of the kernel; chosen for the device and the range when absent. */
  readonly variant?: FusedRangeVariant;
  /** Added to every output, inside the same kernel: `rows` elements. */
  readonly bias?: Float32Array;
  /** Writes the outputs where the inputs are. The blocks of the range's product must be square. */
  readonly inPlace?: boolean;
}

/**
 * A range of factors in one dispatch, `y = Ws ... Wt x (+ bias)`: what lies between the factors stays in
 * registers or in workgroup memory. With an {@link Epilogue}, whose operands are given to `steps`,
 * `y = activation(Ws ... Wt x + bias) * multiplier + addend`.
 *
 * @throws PapilioError `RANGE_NOT_FUSED` where a block of the range is too large, or not square and to be
 * computed in place; `BIAS_LENGTH`, `ACTIVATION_INVALID`, `F16_UNAVAILABLE`, `BUFFER_TOO_LARGE`,
 * `MEMORY_BUDGET`
 */
export function prepareFusedRange(
  gpu: Gpu,
  butterfly: Butterfly,
  shape: InputShape,
  { variant, bias, inPlace = false, ...epilogue }: FusedRangeOptions = {},
): Multiplication {
  const { chain } = butterfly;
  const product = chain.product();
  gpu.assertDtype(shape.dtype);
  if (bias !== undefined) requireArray("The bias", bias, "Float32Array");
  if (bias !== undefined && bias.length !== chain.rows) {
    throw new PapilioError(
      "BIAS_LENGTH",
      `The chain ${chain} has ${chain.rows} outputs, and the bias has ${bias.length} elements.`,
      "Give one bias for each output.",
    );
  }
  requireActivation(epilogue.activation);
  const buffers = new BufferSet(gpu);
  const dispose = (): void => buffers.dispose();
  try {
    const parts = portionsOf(product, shape, bindingLimits(gpu), chain.nonZeros).map((portion) =>
      preparePart(gpu, buffers, butterfly, portion, { variant, bias, inPlace, epilogue }),
    );
    return {
      get bytes() {
        return buffers.bytes;
      },
      steps(x, y, operands = {}) {
        buffers.assertLive();
        assertShape(x, shape, chain.cols, "input");
        assertShape(y, shape, chain.rows, "output");
        if (inPlace) assertSame(x, y);
        const memory = memoryOf(epilogue, operands, shape, chain.rows);
        return parts.map((part) => part(x.memory, y.memory, memory));
      },
      dispose,
      [Symbol.dispose]: dispose,
    };
  } catch (error) {
    buffers.dispose();
    throw error;
  }
}

/** The dispatch of a portion that the device can bind. */
function preparePart(
  gpu: Gpu,
  buffers: BufferSet,
  { factors, chain }: Butterfly,
  portion: Portion,
  { variant, bias, inPlace, epilogue }: PartOptions,
): (x: Operand, y: Operand, operands: OperandMemory) => Step {
  const { pattern, shape, superBlock } = portion;
  const { a, b, c, d } = pattern;
  const whole = chain.product();
  const part = new Butterfly(
    factors.map((factor) => {
      // Super-blocks of a factor for each of the product's.
      const each = factor.pattern.a / whole.a;
      return factor.superBlocks(superBlock * each, a * each);
    }),
  );
  const sharing = rangeSharing(part);
  const problem = { chain: part.chain, ...shape, inPlace, sharing, bias: bias !== undefined };
  const chosen = variant ?? chooseFusedRange(gpu.report, problem);
  if (chosen === undefined || (inPlace && b !== c)) {
    throw new PapilioError(
      "RANGE_NOT_FUSED",
      `The range ${chain} cannot be one kernel${inPlace ? " that works in place" : ""}: its blocks are ${b} x ${c}.`,
      "Fuse fewer factors at a time, as planChain does, or merge them.",
    );
  }
  const kernel = oncePerPlace((placed) =>
    fusedRangeKernel({ ...problem, epilogue: placed }, chosen),
  );
  const weights = buffers.upload(
    packFusedRange(part, problem, chosen),
    shape.dtype,
    "packed range",
  );
  const firstRow = superBlock * b * d;
  const added = bias?.subarray(firstRow, firstRow + part.chain.rows);
  const extra = added === undefined ? [] : [buffers.upload(added, shape.dtype, "bias")];
  const input = portionBytes(portion, c * d, a);
  const output = portionBytes(portion, b * d, a);
  return (x, y, operands) => {
    const read = partOf(x, input.offset, input.size);
    const written = partOf(y, output.offset, output.size);
    const { placed, bound } = placeOperands(
      epilogue,
      partOfOperands(operands, output.offset, output.size),
      read,
      written,
    );
    const bindings = [...(inPlace ? [] : [read]), weights, written, ...extra, ...bound];
    return { kernel: kernel(placed), buffers: bindings, role: "multiply" };
  };
}

interface PartOptions {
  readonly variant: FusedRangeVariant | undefined;
  readonly bias: Float32Array | undefined;
  readonly inPlace: boolean;
  readonly epilogue: Epilogue;
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
