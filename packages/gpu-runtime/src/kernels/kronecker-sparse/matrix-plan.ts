import type { StorageDtype } from "@papilio/butterfly";
import { stridesOf } from "@papilio/butterfly/numeric";
import { storedType } from "../wgsl.ts";
import type { KroneckerSparseProblem } from "./problem.ts";
import type { MatrixKroneckerSparse } from "./variant.ts";

/** Bytes that a row or column of an operand in memory is aligned to, as drivers require it. */
const ALIGNMENT = 16;

/** A problem for matrix units: also in integers of 8 bits, then without bias or epilogue. */
export interface MatrixProblem extends Omit<KroneckerSparseProblem, "dtype"> {
  readonly dtype: StorageDtype | "i8";
}

/** How elements lie in memory for the units. */
export interface MatrixElements {
  /** WGSL type in which operands are stored, and sums. */
  readonly stored: string;
  readonly sums: "f32" | "i32";
  /** Elements of one stored number. */
  readonly perWord: 1 | 4;
  /** Bytes of an element. */
  readonly bytes: number;
}

/** WGSL has no integers of 8 bits: four of them are a word, and the units count in words. */
export const MATRIX_ELEMENTS: Readonly<Record<MatrixProblem["dtype"], MatrixElements>> = {
  f32: { stored: storedType("f32", 1), sums: "f32", perWord: 1, bytes: 4 },
  f16: { stored: storedType("f16", 1), sums: "f32", perWord: 1, bytes: 2 },
  i8: { stored: "u32", sums: "i32", perWord: 4, bytes: 1 },
};

/** How a kernel on matrix units divides a problem, and from where it reads its inputs. */
export interface MatrixPlan {
  /** Outputs of a block, batch entries and inputs of a workgroup's turn. */
  readonly tileM: number;
  readonly tileN: number;
  readonly tileK: number;
  /** Invocations of a workgroup. */
  readonly threads: number;
  /** Blocks side by side. */
  readonly neighbours: number;
  /**
   * Whether inputs are staged in workgroup memory: where the units cannot read them in place, because rows
   * of a product are not contiguous or not aligned, or because a product would reach past the block's end.
   */
  readonly staged: boolean;
  /** How the units read inputs that are not staged. */
  readonly inPlace: {
    readonly majorness: "row_major" | "col_major";
    /** Elements between two rows, or columns, of a product. */
    readonly stride: number;
    /** Elements from one batch entry to the next, from one feature, and from one input of a block. */
    readonly vectors: number;
    readonly feature: number;
    readonly features: number;
  };
  /** Workgroup memory. */
  readonly bytes: number;
}

/** The plan of a variant for a problem. */
export function matrixPlan(
  problem: Pick<MatrixProblem, "pattern" | "batch" | "layout" | "dtype">,
  variant: MatrixKroneckerSparse,
): MatrixPlan {
  const { pattern, batch, layout, dtype } = problem;
  const { unitM, unitN, unitK, productsM, productsN, productsK } = variant;
  const { subgroup, subgroupsM, subgroupsN, neighbours } = variant;
  const { bytes } = MATRIX_ELEMENTS[dtype];
  const x = stridesOf(problem, pattern.cols);
  const tileM = unitM * productsM * subgroupsM;
  const tileN = unitN * productsN * subgroupsN;
  const tileK = unitK * productsK;
  const batchLast = layout === "batch-last";
  const stride = batchLast ? pattern.d * x.feature : x.vector;
  const row = batchLast ? unitN : unitK;
  const contiguous = batchLast || pattern.d === 1;
  const aligned = [row, stride, batchLast ? batch : pattern.c].every(
    (elements) => (elements * bytes) % ALIGNMENT === 0,
  );
  const whole = pattern.c % tileK === 0 && batch % unitN === 0;
  // Four integers of a word may be of other rows than those of a product.
  const staged = dtype === "i8" || !(contiguous && aligned && whole);
  return {
    tileM,
    tileN,
    tileK,
    threads: subgroup * subgroupsM * subgroupsN,
    neighbours,
    staged,
    inPlace: {
      majorness: batchLast ? "row_major" : "col_major",
      stride,
      vectors: x.vector,
      feature: x.feature,
      features: pattern.d * x.feature,
    },
    bytes: neighbours * tileN * (4 * tileM + (staged ? bytes * tileK : 0)),
  };
}
