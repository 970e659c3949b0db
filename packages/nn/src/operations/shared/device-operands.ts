import type { Vectors } from "@papilio/gpu-runtime/kernels";
import type { Operand } from "@papilio/gpu-runtime/memory";
import type { SparseMatrix } from "../../adjacency/sparse-matrix.ts";
import type { DeviceLowering } from "../device-lowering.ts";

/** Vectors that have memory, of what is read and of what is written. */
export function batchesOf(x: Vectors, y: Vectors): { readonly from: number; readonly to: number } {
  return { from: x.batch, to: y.batch };
}

/** The values of a sparse matrix, where it has any. */
export function edgeWeightsOf({ values }: SparseMatrix, to: DeviceLowering): Operand[] {
  return values === undefined ? [] : [to.floats(values, "f32", "edge weights")];
}

/** The non-zeros of a sparse matrix: where those of each row start, and their columns. */
export function edgesOf({ starts, columns }: SparseMatrix, to: DeviceLowering): Operand[] {
  return [to.integers(starts, "starts of rows"), to.integers(columns, "columns")];
}
