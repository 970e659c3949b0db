import type { Gpu } from "../device/gpu.ts";
import { chooseVariant } from "../kernels/kronecker-sparse/choose.ts";
import { kroneckerSparseKernel } from "../kernels/kronecker-sparse/kernel.ts";
import { packWeights } from "../kernels/kronecker-sparse/pack.ts";
import type { Variant } from "../kernels/kronecker-sparse/variant.ts";
import {
  type FactorValues,
  type InputShape,
  type Multiplication,
  multiplication,
} from "./multiplication.ts";

/**
 * The fused multiplication: one dispatch, no intermediate in global memory, no memory rewriting.
 *
 * @param variant shape of the kernel; chosen for the device and the problem when absent.
 */
export function prepareKroneckerSparse(
  gpu: Gpu,
  factor: FactorValues,
  shape: InputShape,
  variant?: Variant,
): Multiplication {
  return multiplication(gpu, factor, shape, (buffers, problem) => {
    const chosen = variant ?? chooseVariant(gpu.report, problem);
    const kernel = kroneckerSparseKernel(problem, chosen);
    const weights = buffers.upload(
      packWeights(factor.pattern, factor.values, chosen),
      shape.dtype,
      "packed weights",
    );
    return (x, y) => [{ kernel, buffers: [x, weights, y], role: "multiply" }];
  });
}
