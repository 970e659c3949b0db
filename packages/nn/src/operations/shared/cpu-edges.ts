import { type CpuSpan, type Layout, rowParts } from "@papilio/cpu-runtime/kernels";
import type { SparseMatrix } from "../../adjacency/sparse-matrix.ts";
import type { CpuLowering } from "../cpu-lowering.ts";

/** The non-zeros of a sparse matrix in the memory of the kernels, and the parts that its rows are divided into. */
export interface EdgesOnCpu {
  readonly parts: number;
  /** Where the non-zeros of each row start, their columns, and where each part starts. */
  readonly spans: readonly [CpuSpan, CpuSpan, CpuSpan];
}

/** The parts of each matrix that was asked for: graphs share what is made of the same array. */
const known = new WeakMap<SparseMatrix, Map<string, Uint32Array>>();

/** @param numbers that each non-zero is multiplied with; `layout` is that of rows of the matrix, if they are vectors */
export function edgesOnCpu(
  matrix: SparseMatrix,
  numbers: number,
  layout: Layout,
  to: CpuLowering,
): EdgesOnCpu {
  const { starts, columns } = matrix;
  const ofMatrix = known.get(matrix) ?? new Map<string, Uint32Array>();
  known.set(matrix, ofMatrix);
  const key = `${numbers} ${layout}`;
  const parts = ofMatrix.get(key) ?? rowParts(starts, numbers, layout);
  ofMatrix.set(key, parts);
  return {
    parts: parts.length - 1,
    spans: [to.constants(starts), to.constants(columns), to.constants(parts)],
  };
}

/** Non-zeros of the row that has most. */
export function mostEdgesOf({ rows, starts }: SparseMatrix): number {
  let most = 0;
  for (let row = 0; row < rows; row++) {
    most = Math.max(most, (starts[row + 1] as number) - (starts[row] as number));
  }
  return most;
}
