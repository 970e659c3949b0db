import { type Butterfly, DisposableStack, type Verification, verify } from "@papilio/butterfly";
import { quantizeButterfly, referenceProduct, subnormalOperands } from "@papilio/butterfly/matrix";
import type { Gpu } from "../gpu/gpu.ts";
import type { Epilogue } from "../kernels/epilogue.ts";
import { type ButterflyOptions, prepareButterfly } from "../multiplication/butterfly.ts";
import type { Multiplication } from "../multiplication/multiplication.ts";
import { Program, type ProgramReport } from "../program/program.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { Tensor, tensor } from "../tensor/tensor.ts";
import {
  addBias,
  drawOperands,
  type Found,
  type Sums,
  uploadOperands,
  verifyEpilogue,
} from "./epilogue-reference.ts";
import { draw } from "./vectors-in-memory.ts";

/** The same butterfly with values as they are stored. */
export function stored(butterfly: Butterfly, { dtype }: Pick<InputShape, "dtype">): Butterfly {
  return quantizeButterfly(butterfly, dtype);
}

/** Compares `y`, computed from `x`, with the float64 product, each element within its bound. */
export function verifyProduct(
  butterfly: Butterfly,
  x: Float32Array,
  y: Float32Array,
  shape: InputShape,
  terms: readonly number[],
): Verification {
  const { reference, magnitude, rounding } = sumsOf(butterfly, x, shape, terms);
  return verify(y, reference, magnitude, rounding);
}

/** The float64 product, and how far one that is stored may be from it. */
export function sumsOf(
  butterfly: Butterfly,
  x: Float32Array,
  shape: InputShape,
  terms: readonly number[],
): Sums {
  const magnification = butterfly.magnification();
  const magnitude = referenceProduct(butterfly.absolute(), Float64Array.from(x, Math.abs), shape);
  return {
    reference: referenceProduct(butterfly, Float64Array.from(x), shape),
    magnitude,
    rounding: {
      dtype: shape.dtype,
      terms,
      magnification,
      roundedValues: { largestInput: magnification },
      subnormalOperands: subnormalOperands(butterfly, x, magnitude, shape),
    },
  };
}

/** Runs a butterfly on random vectors and compares every output with the float64 product. */
export async function runButterfly(
  gpu: Gpu,
  butterfly: Butterfly,
  shape: InputShape,
  options: ButterflyOptions = {},
): Promise<{ readonly found: Found; readonly report: ProgramReport }> {
  const { plan: _, ...ending } = options;
  const matrix = stored(butterfly, shape);
  using multiplication = prepareButterfly(gpu, matrix, shape, options);
  return await runMultiplication(gpu, multiplication, matrix, shape, multiplication.terms, ending);
}

/** What a multiplication is run on. */
interface Run extends InputShape {
  readonly rows: number;
  readonly cols: number;
  /** That it was prepared with, whose operands are random. */
  readonly epilogue: Epilogue;
}

/**
 * Runs a multiplication twice, as what the first run left must not show in the second, on an output that is
 * filled with NaN, so that an element that is not written is noticed.
 */
export async function multiplyOn(
  gpu: Gpu,
  multiplication: Multiplication,
  values: Float32Array,
  { rows, cols, epilogue, ...shape }: Run,
): Promise<{
  readonly actual: Float32Array;
  readonly given: ReturnType<typeof drawOperands>;
  readonly report: ProgramReport;
}> {
  using x = tensor(gpu, values, { ...shape, features: cols });
  using y = new Tensor(gpu, { ...shape, features: rows });
  y.write(new Float32Array(y.length).fill(Number.NaN));
  const given = drawOperands(epilogue, y.length, shape);
  using held = new DisposableStack();
  const operands = uploadOperands(gpu, given, { ...shape, features: rows }, held);
  using program = await Program.record(gpu, multiplication.steps(x, y, operands));
  await Program.complete([program, program]);
  return { actual: await y.data(), given, report: program.report };
}

/**
 * Runs a multiplication by a butterfly, whose values are as they are stored, on random vectors.
 *
 * @param ending the bias and the epilogue that it was prepared with
 */
export async function runMultiplication(
  gpu: Gpu,
  multiplication: Multiplication,
  matrix: Butterfly,
  shape: InputShape,
  terms: readonly number[],
  { bias, ...epilogue }: Epilogue & { readonly bias?: Float32Array },
): Promise<{ readonly found: Found; readonly report: ProgramReport }> {
  const { rows, cols } = matrix.chain;
  const values = draw(shape.batch * cols, shape.dtype);
  const { actual, given, report } = await multiplyOn(gpu, multiplication, values, {
    ...shape,
    rows,
    cols,
    epilogue,
  });
  if (bias === undefined && Object.keys(epilogue).length === 0) {
    return { found: verifyProduct(matrix, values, actual, shape, terms), report };
  }
  const [last = 0, ...earlier] = terms;
  const sums = sumsOf(matrix, values, shape, [last + 1, ...earlier]);
  if (bias !== undefined) addBias(sums, bias, shape);
  return { found: verifyEpilogue(actual, sums, given, shape.dtype), report };
}
