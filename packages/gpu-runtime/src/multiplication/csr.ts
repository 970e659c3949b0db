import type { KroneckerSparse } from "@papilio/butterfly";
import type { DeviceContext } from "../device/device-context.ts";
import { compressRows } from "../kernels/csr/compress.ts";
import { csrKernel } from "../kernels/csr/kernel.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { type Multiplication, multiplication } from "./multiplication.ts";

/** The product in compressed sparse row form, as a library that knows no structure does it. */
export function prepareCsr(
  gpu: DeviceContext,
  factor: KroneckerSparse,
  shape: InputShape,
): Multiplication {
  return multiplication(gpu, factor, shape, (buffers, { problem, factor: part }) => {
    const kernel = csrKernel(problem);
    const { values, starts, indices } = compressRows(part.pattern, part.expand().values);
    const weights = buffers.upload(values, shape.dtype, "values");
    const startsBuffer = buffers.uploadIndices(starts, "row starts");
    const indicesBuffer = buffers.uploadIndices(indices, "column indices");
    return (x, y) => [
      { kernel, buffers: [x, weights, y, startsBuffer, indicesBuffer], role: "multiply" },
    ];
  });
}
