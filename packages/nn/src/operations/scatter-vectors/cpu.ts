import { scatterVectors } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { ScatterVectorsOperation } from "./operation.ts";

export function lowerScatterVectorsOnCpu(
  { x, indices, rows, flat, output }: ScatterVectorsOperation,
  to: CpuLowering,
): void {
  const { vectors, features } = x;
  const call = scatterVectors({ vectors, features, rows, flat });
  to.push(call, [to.of(x), to.indices(indices), to.define(output)]);
}
