import type { CpuMatrix, CpuVectors } from "@papilio/cpu-runtime";
import type { Matrix } from "./linear/matrix.ts";
import type { ReferenceContext } from "./reference-context.ts";

/** Where an operation finds its operands when the kernels in WebAssembly compute it. */
export interface CpuContext extends ReferenceContext {
  /** The weights of a matrix, packed for the kernels at their first use. */
  packed(matrix: Matrix): Promise<CpuMatrix<CpuVectors>>;
}
