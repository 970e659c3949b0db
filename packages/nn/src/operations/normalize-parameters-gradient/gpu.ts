import {
  normalizationParametersGradientKernel,
  normalizationStatisticsKernel,
  scratchVectors,
} from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { NormalizeParametersGradientOperation } from "./operation.ts";

export function lowerNormalizeParametersGradient(
  operation: NormalizeParametersGradientOperation,
  to: DeviceLowering,
): void {
  const { norm, epsilon, bias, output } = operation;
  const [x, dy] = [to.of(operation.x), to.of(operation.dy)];
  const { batch, features, layout: from, dtype } = x;
  const shape = { batch, features: 2, layout: "batch-first", dtype: "f32" } as const;
  const { memory: statistics } = scratchVectors(shape, "means and factors of a normalization");
  const problem = { batch, features, from, dtype };
  to.push(normalizationStatisticsKernel(to.gpu.report, { ...problem, kind: norm, epsilon }), [
    x.memory,
    statistics,
  ]);
  const count = operation.x.vectors;
  const gradient = dy.layout;
  const kernel = normalizationParametersGradientKernel({ ...problem, count, gradient, bias });
  // One vector lies alike in both layouts.
  const y = to.define(output, { layout: "any" });
  to.push(kernel, [x.memory, y.memory, dy.memory, statistics]);
}
