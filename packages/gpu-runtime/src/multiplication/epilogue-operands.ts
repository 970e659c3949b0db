import { PapilioError } from "@papilio/butterfly";
import { requireArray } from "@papilio/butterfly/errors";
import type { Kernel } from "../device/kernel.ts";
import type { Epilogue, PlacedEpilogue } from "../kernels/epilogue.ts";
import { type Operand, partOf, sameMemory } from "../memory/scratch.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import type { Vectors } from "../tensor/vectors.ts";
import { assertShape } from "./assert-shape.ts";

/** What an {@link Epilogue} multiplies by and adds: vectors of exactly y's shape, layout and dtype. */
export interface EpilogueOperands {
  readonly multiplier?: Vectors;
  readonly addend?: Vectors;
}

/** The memory of operands, or the part of it that belongs to a part of y. */
export interface OperandMemory {
  readonly multiplier?: Operand;
  readonly addend?: Operand;
}

/**
 * @param of whose bias it is, to begin a sentence
 * @throws PapilioError `ARRAY_TYPE`, `BIAS_LENGTH` unless there is one for each of `rows` outputs, or none
 */
export function requireBias(bias: Float32Array | undefined, rows: number, of: string): void {
  if (bias === undefined) return;
  requireArray("The bias", bias, "Float32Array");
  if (bias.length === rows) return;
  throw new PapilioError(
    "BIAS_LENGTH",
    `${of} has ${rows} outputs, and the bias has ${bias.length} elements.`,
    "Give one bias for each output.",
  );
}

/**
 * The memory of the operands that an epilogue takes.
 *
 * @throws PapilioError `TENSOR_MISMATCH` unless exactly those are given that it takes, of y's shape
 */
export function memoryOf(
  { multiply = false, add = false }: Epilogue,
  { multiplier, addend }: EpilogueOperands,
  shape: InputShape,
  rows: number,
): OperandMemory {
  return {
    ...checked("multiplier", "multiply", multiply, multiplier, shape, rows),
    ...checked("addend", "add", add, addend, shape, rows),
  };
}

function checked(
  role: keyof EpilogueOperands,
  option: keyof Epilogue,
  wanted: boolean,
  given: Vectors | undefined,
  shape: InputShape,
  rows: number,
): OperandMemory {
  if (wanted !== (given !== undefined)) {
    throw new PapilioError(
      "TENSOR_MISMATCH",
      wanted
        ? `The multiplication was prepared with ${option}, and is given no ${role}.`
        : `The multiplication was prepared without ${option}, and is given a ${role}.`,
      wanted
        ? `Pass a ${role} to steps, or prepare the multiplication without ${option}.`
        : `Prepare the multiplication with ${option}: true, or pass no ${role}.`,
    );
  }
  if (given === undefined) return {};
  assertShape(given, shape, rows, role);
  return { [role]: given.memory };
}

/** The same bytes of every operand. */
export function partOfOperands(
  { multiplier, addend }: OperandMemory,
  offset: number,
  size: number,
): OperandMemory {
  return {
    ...(multiplier === undefined ? {} : { multiplier: partOf(multiplier, offset, size) }),
    ...(addend === undefined ? {} : { addend: partOf(addend, offset, size) }),
  };
}

/**
 * Where a kernel finds the operands: in bindings of their own, which `bound` is for, or in that of x
 * or y where they are the same memory.
 */
export function placeOperands(
  epilogue: Epilogue,
  { multiplier, addend }: OperandMemory,
  x: Operand,
  y: Operand,
): { readonly placed: PlacedEpilogue; readonly bound: readonly Operand[] } {
  const bindingOf = (operand: Operand): "x" | "y" | undefined =>
    sameMemory(operand, y) ? "y" : sameMemory(operand, x) ? "x" : undefined;
  const multiplierIn = multiplier && bindingOf(multiplier);
  const addendIn = addend && bindingOf(addend);
  return {
    placed: {
      ...epilogue,
      ...(multiplierIn === undefined ? {} : { multiplierIn }),
      ...(addendIn === undefined ? {} : { addendIn }),
    },
    bound: [
      ...(multiplier === undefined || multiplierIn !== undefined ? [] : [multiplier]),
      ...(addend === undefined || addendIn !== undefined ? [] : [addend]),
    ],
  };
}

/** Generates a kernel once for each place that the operands of its epilogue may have. */
export function oncePerPlace(
  generate: (epilogue: PlacedEpilogue) => Kernel,
): (epilogue: PlacedEpilogue) => Kernel {
  const kernels = new Map<string, Kernel>();
  return (epilogue) => {
    const { multiplierIn, addendIn } = epilogue;
    const key = `${multiplierIn} ${addendIn}`;
    const kernel = kernels.get(key) ?? generate(epilogue);
    kernels.set(key, kernel);
    return kernel;
  };
}
