import type { KroneckerSparse } from "@papilio/butterfly";
import type { DeviceContext } from "../device/device-context.ts";
import { einsumKernel } from "../kernels/einsum/kernel.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { type Multiplication, multiplication } from "./multiplication.ts";

/** The einsum `n a c d, a b c d -> n a b d`, directly: nothing rewritten, nothing shared. */
export function prepareEinsum(
  gpu: DeviceContext,
  factor: KroneckerSparse,
  shape: InputShape,
): Multiplication {
  return multiplication(gpu, factor, shape, (buffers, { problem, factor: part }) => {
    const kernel = einsumKernel(problem);
    const values = buffers.upload(part.expand().values, shape.dtype, "values");
    return (x, y) => [{ kernel, buffers: [x, values, y], role: "multiply" }];
  });
}
