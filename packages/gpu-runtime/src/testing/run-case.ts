import { Butterfly, type KroneckerSparse, verify } from "@papilio/butterfly";
import { referenceProduct, subnormalOperands } from "@papilio/butterfly/matrix";
import {
  dequantizeValues,
  type FewBits,
  quantize,
  quantizeValues,
} from "@papilio/butterfly/numeric";
import type { Gpu } from "../gpu/gpu.ts";
import type { Epilogue } from "../kernels/epilogue.ts";
import type { Multiplication } from "../multiplication/multiplication.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { addBias, type Found, verifyEpilogue } from "./epilogue-reference.ts";
import { multiplyOn } from "./run-butterfly.ts";
import { draw } from "./vectors-in-memory.ts";

/**
 * Runs a multiplication on random numbers and compares every output with the float64 reference.
 *
 * @param epilogue that it was prepared with, whose operands are random too
 * @param weightDtype of few bits that it stores weights in, where it does
 */
export async function runCase(
  gpu: Gpu,
  factor: KroneckerSparse,
  shape: InputShape,
  prepare: (factor: KroneckerSparse) => Multiplication,
  bias?: Float32Array,
  epilogue?: Epilogue,
  weightDtype?: FewBits,
): Promise<Found> {
  const { pattern } = factor;
  const stored = weightDtype
    ? inFewBits(factor, weightDtype)
    : factor.map((values) => quantize(values, shape.dtype));
  const inputs = draw(shape.batch * pattern.cols, shape.dtype);
  using multiplication = prepare(weightDtype ? factor : stored);
  const { rows, cols } = pattern;
  const run = { ...shape, rows, cols, epilogue: epilogue ?? {} };
  const { actual, given } = await multiplyOn(gpu, multiplication, inputs, run);

  const reference = referenceProduct(stored, Float64Array.from(inputs), shape);
  const absolute = stored.map((values) => values.map(Math.abs));
  const magnitude = referenceProduct(absolute, Float64Array.from(inputs, Math.abs), shape);
  const subnormal = subnormalOperands(new Butterfly([stored]), inputs, magnitude, shape);
  if (bias !== undefined) addBias({ reference, magnitude }, bias, shape);
  // Two more for the scales of few bits: of a group's sum, and of what is left of the sums of groups.
  const terms = pattern.c + (bias === undefined ? 0 : 1) + (weightDtype ? 2 : 0);
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

/** A factor of the numbers that its weights become. */
function inFewBits(factor: KroneckerSparse, weightDtype: FewBits): KroneckerSparse {
  const { a, b, c, d } = factor.stored;
  return factor.map((values) =>
    dequantizeValues(quantizeValues(values, [a, b, c, d], weightDtype)),
  );
}
