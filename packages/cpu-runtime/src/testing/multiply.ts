import { Chain, KroneckerSparse } from "@papilio/butterfly";
import {
  decodeHalf,
  dequantizeValues,
  encodeHalf,
  quantizeValues,
} from "@papilio/butterfly/numeric";
import {
  inputBits,
  layOutWeights,
  type PackedWeights,
  type WeightDtype,
} from "../kernels/packed-weights.ts";
import { type ProductProblem, product } from "../kernels/product.ts";
import { packWeights } from "./pack-weights.ts";
import { type RunKernelOptions, runKernel } from "./run-kernel.ts";

/** What is multiplied by: in half precision, the values as they are rounded. */
export function stored(factor: KroneckerSparse, dtype: WeightDtype): KroneckerSparse {
  if (dtype === "f32") return factor;
  if (dtype !== "f16") {
    const { a, b, c, d } = factor.stored;
    const rounded = quantizeValues(factor.values, [a, b, c, d], dtype);
    return factor.map(() => dequantizeValues(rounded));
  }
  const values = decodeHalf(encodeHalf(factor.values as Float32Array));
  return new KroneckerSparse(factor.pattern, values, factor.sharing);
}

/** Whether one vector is rounded for weights of a type. */
export function isRounded(dtype: WeightDtype): boolean {
  return inputBits(dtype) !== undefined;
}

/** One pass by all factors, the right-most of which is applied first. */
export function passOf(factors: readonly KroneckerSparse[], dtype: WeightDtype): PackedWeights {
  const pattern = Chain.of(factors.map((factor) => factor.pattern)).product();
  return layOutWeights(pattern, factors.toReversed(), dtype);
}

export function multiply(
  factors: readonly KroneckerSparse[],
  dtype: WeightDtype,
  problem: Omit<ProductProblem, "weights">,
  operands: Readonly<Record<string, Float32Array>>,
  options?: RunKernelOptions,
): Float32Array {
  const weights = passOf(factors, dtype);
  const values = factors.toReversed().map((factor) => factor.values);
  const { packed } = packWeights(weights, values, options);
  const call = product({ ...problem, weights });
  return runKernel(call, { ...operands, weights: packed }, options).y as Float32Array;
}
