import { convertKernel, factorGradient, scratchVectors } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { FactorGradientOperation } from "./operation.ts";

/** Sums are in float32, and rounded once where values are in half precision. */
export function lowerFactorGradient(
  { x, dy, pattern, output }: FactorGradientOperation,
  to: DeviceLowering,
): void {
  const operands = { x: to.inLayout(x), dy: to.inLayout(dy) };
  // One vector lies alike in both layouts.
  const result = to.define(output, { layout: "any" });
  const { batch, features, layout, dtype } = result;
  const shape = { batch, features, layout, dtype: "f32" } as const;
  const y = dtype === "f32" ? result : scratchVectors(shape, "the gradient of a factor");
  to.pushSteps(factorGradient(to.gpu, pattern, { ...operands, y }, { count: x.vectors }));
  if (y === result) return;
  const convert = convertKernel({ length: features, from: "f32", to: dtype });
  to.push(convert, [y.memory, result.memory]);
}
