import type { KroneckerSparse } from "@papilio/butterfly";
import { blockDiagonal } from "@papilio/butterfly/matrix";
import type { DeviceContext } from "../device/device-context.ts";
import { chooseKroneckerSparse } from "../kernels/kronecker-sparse/choose.ts";
import { kroneckerSparseKernel } from "../kernels/kronecker-sparse/kernel.ts";
import { packKroneckerSparse } from "../kernels/kronecker-sparse/pack.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { type Multiplication, multiplication } from "./multiplication.ts";
import { shuffled } from "./shuffled.ts";

/**
 * The batched matrix product of the paper's comparison: gather, `a * d` products of `b x c` blocks,
 * scatter. The product is the fused kernel on the pattern `(a d, b, c, 1)`, tuned like any other, so
 * that what differs is the memory rewriting alone.
 */
export function prepareBmm(
  gpu: DeviceContext,
  factor: KroneckerSparse,
  shape: InputShape,
): Multiplication {
  return multiplication(gpu, factor, shape, (buffers, { problem, factor: part }) => {
    const blocks = blockDiagonal(part);
    const product = { ...problem, pattern: blocks.pattern };
    const variant = chooseKroneckerSparse(gpu.report, product);
    const kernel = kroneckerSparseKernel(product, variant);
    const weights = buffers.upload(
      packKroneckerSparse(blocks.pattern, blocks.values, variant),
      shape.dtype,
      "packed blocks",
    );
    return shuffled(problem, (x, y) => ({
      kernel,
      buffers: [x, weights, y],
      role: "multiply",
    }));
  });
}
