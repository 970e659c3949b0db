import { Butterfly, uniform, type Verification, verify } from "@papilio/butterfly";
import type { Gpu } from "../device/gpu.ts";
import { type ButterflyOptions, prepareButterfly } from "../multiplication/butterfly.ts";
import type { InputShape } from "../multiplication/input-shape.ts";
import { Program, type ProgramReport } from "../program/program.ts";
import { quantize } from "../tensor/dtype.ts";
import { Tensor, tensor } from "../tensor/tensor.ts";

/** Random numbers in (-1, 1), as they are stored. */
export function drawVectors(length: number, { dtype }: Pick<InputShape, "dtype">): Float32Array {
  const next = uniform(7);
  return quantize(Float32Array.from({ length }, next), dtype);
}

/** The same butterfly with values as they are stored. */
export function stored(butterfly: Butterfly, { dtype }: Pick<InputShape, "dtype">): Butterfly {
  return new Butterfly(
    butterfly.factors.map((factor) => factor.map((values) => quantize(values, dtype))),
  );
}

/** Compares `y`, computed from `x`, with the float64 product, each element within its bound. */
export function verifyProduct(
  butterfly: Butterfly,
  x: Float32Array,
  y: Float32Array,
  shape: InputShape,
  terms: readonly number[],
): Verification {
  const reference = butterfly.apply(Float64Array.from(x), shape);
  const magnitude = butterfly.absolute().apply(Float64Array.from(x, Math.abs), shape);
  const magnification = butterfly.magnification();
  return verify(y, reference, magnitude, {
    dtype: shape.dtype,
    terms,
    magnification,
    roundedValues: { largestInput: magnification },
  });
}

/** Runs a butterfly on random vectors and compares every output with the float64 product. */
export async function runButterfly(
  gpu: Gpu,
  butterfly: Butterfly,
  shape: InputShape,
  options: ButterflyOptions = {},
): Promise<{ readonly found: Verification; readonly report: ProgramReport }> {
  const { rows, cols } = butterfly.chain;
  const matrix = stored(butterfly, shape);
  const values = drawVectors(shape.batch * cols, shape);
  using multiplication = prepareButterfly(gpu, matrix, shape, options);
  using x = tensor(gpu, values, { ...shape, features: cols });
  using y = new Tensor(gpu, { ...shape, features: rows });
  y.write(new Float32Array(y.length).fill(Number.NaN));
  using program = await Program.record(gpu, multiplication.steps(x, y));
  // Twice: what the first run left must not show in the second.
  await Program.complete([program, program]);
  const found = verifyProduct(matrix, values, await y.data(), shape, multiplication.terms);
  return { found, report: program.report };
}
