import { sparseLinear } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { edgesOnCpu } from "../shared/cpu-edges.ts";
import type { SparseLinearOperation } from "./operation.ts";

/** Vectors of a tile, which each non-zero is multiplied with. */
const TILE = 16;

export function lowerSparseLinearOnCpu(
  { x, matrix, output }: SparseLinearOperation,
  to: CpuLowering,
): void {
  const { vectors } = x;
  const { rows, cols, nonZeros, values } = matrix;
  const { parts, spans } = edgesOnCpu(matrix, Math.min(TILE, vectors), "rows", to);
  const weighted = values !== undefined;
  const call = sparseLinear({ vectors, rows, cols, nonZeros, weighted, parts });
  const weights = values === undefined ? [] : [to.constants(values)];
  to.push(call, [to.of(x), to.define(output), ...spans, ...weights]);
}
