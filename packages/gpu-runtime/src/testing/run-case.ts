import {
  Butterfly,
  DisposableStack,
  type KroneckerSparse,
  multiply,
  verify,
} from "@papilio/butterfly";
import { subnormalOperands } from "@papilio/butterfly/matrix";
import { quantize, uniform } from "@papilio/butterfly/numeric";
import type { Gpu } from "../device/gpu.ts";
import type { Epilogue } from "../kernels/epilogue.ts";
import type { Multiplication } from "../multiplication/multiplication.ts";
import { Program } from "../program/program.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { Tensor, tensor } from "../tensor/tensor.ts";
import {
  addBias,
  drawOperands,
  type Found,
  uploadOperands,
  verifyEpilogue,
} from "./epilogue-reference.ts";

/**
 * Runs a multiplication on random numbers and compares every output with the float64 reference.
 * The output is filled with NaN first, so that one that is not written is noticed.
 *
 * @param epilogue that it was prepared with, whose operands are random too
 */
export async function runCase(
  gpu: Gpu,
  factor: KroneckerSparse,
  shape: InputShape,
  prepare: (factor: KroneckerSparse) => Multiplication,
  bias?: Float32Array,
  epilogue?: Epilogue,
): Promise<Found> {
  const { pattern } = factor;
  const stored = factor.map((values) => quantize(values, shape.dtype));
  const random = uniform(7);
  const inputs = quantize(
    Float32Array.from({ length: shape.batch * pattern.cols }, random),
    shape.dtype,
  );
  using multiplication = prepare(stored);
  using x = tensor(gpu, inputs, { ...shape, features: pattern.cols });
  using y = new Tensor(gpu, { ...shape, features: pattern.rows });
  y.write(new Float32Array(y.length).fill(Number.NaN));
  const given = drawOperands(epilogue ?? {}, y.length, shape);
  using held = new DisposableStack();
  const operands = uploadOperands(gpu, given, { ...shape, features: pattern.rows }, held);
  using program = await Program.record(gpu, multiplication.steps(x, y, operands));
  program.run();
  const actual = await y.data();

  const reference = multiply(stored, Float64Array.from(inputs), shape);
  const absolute = stored.map((values) => values.map(Math.abs));
  const magnitude = multiply(absolute, Float64Array.from(inputs, Math.abs), shape);
  const subnormal = subnormalOperands(new Butterfly([stored]), inputs, magnitude, shape);
  if (bias !== undefined) addBias({ reference, magnitude }, bias, shape);
  const terms = pattern.c + (bias === undefined ? 0 : 1);
  if (epilogue === undefined) {
    return verify(actual, reference, magnitude, {
      dtype: shape.dtype,
      terms,
      subnormalOperands: subnormal,
    });
  }
  const sums = {
    reference,
    magnitude,
    rounding: { dtype: "f32", terms, subnormalOperands: subnormal },
  } as const;
  return verifyEpilogue(actual, sums, given, shape.dtype);
}
