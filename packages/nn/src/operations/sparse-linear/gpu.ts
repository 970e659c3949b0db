import { Pattern } from "@papilio/butterfly";
import { csrKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import { edgesOf } from "../shared/device-operands.ts";
import type { SparseLinearOperation } from "./operation.ts";

export function lowerSparseLinear(
  { x, matrix, output }: SparseLinearOperation,
  to: DeviceLowering,
): void {
  const input = to.inLayout(x);
  const y = to.define(output, { layout: "multiplication" });
  const { rows, cols } = matrix;
  const values = matrix.values ?? new Float32Array(matrix.nonZeros).fill(1);
  const kernel = csrKernel({
    batch: input.batch,
    layout: input.layout,
    dtype: input.dtype,
    pattern: new Pattern(1, rows, cols, 1),
  });
  to.push(kernel, [
    input.memory,
    to.floats(values, to.dtype, "values"),
    y.memory,
    ...edgesOf(matrix, to),
  ]);
}
