import {
  type KroneckerSparse,
  multiply,
  uniform,
  type Verification,
  verify,
} from "@papilio/butterfly";
import type { Gpu } from "../device/gpu.ts";
import type { InputShape } from "../multiplication/input-shape.ts";
import type { Multiplication } from "../multiplication/multiplication.ts";
import { Program } from "../program/program.ts";
import { quantize } from "../tensor/dtype.ts";
import { Tensor, tensor } from "../tensor/tensor.ts";

/**
 * Runs a multiplication on random numbers and compares every output with the float64 reference.
 * The output is filled with NaN first, so that one that is not written is noticed.
 */
export async function runCase(
  gpu: Gpu,
  factor: KroneckerSparse,
  shape: InputShape,
  prepare: (factor: KroneckerSparse) => Multiplication,
  bias?: Float32Array,
): Promise<Verification> {
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
  using program = await Program.record(gpu, multiplication.steps(x, y));
  program.run();
  const actual = await y.data();

  const reference = multiply(stored, Float64Array.from(inputs), shape);
  const absolute = stored.map((values) => values.map(Math.abs));
  const magnitude = multiply(absolute, Float64Array.from(inputs, Math.abs), shape);
  if (bias !== undefined) {
    const rounded = quantize(bias, shape.dtype);
    for (let index = 0; index < reference.length; index++) {
      const feature =
        shape.layout === "batch-first" ? index % pattern.rows : Math.floor(index / shape.batch);
      reference[index] = (reference[index] as number) + (rounded[feature] as number);
      magnitude[index] = (magnitude[index] as number) + Math.abs(rounded[feature] as number);
    }
  }
  const terms = pattern.c + (bias === undefined ? 0 : 1);
  return verify(actual, reference, magnitude, { dtype: shape.dtype, terms });
}
