import type { BatchShape, Pattern } from "@papilio/butterfly";
import { requireArray, requirePattern, wrongArgument } from "@papilio/butterfly/errors";
import { requireReport } from "../../device/device-checks.ts";
import type { Kernel } from "../../device/kernel.ts";
import type { AdapterReport } from "../../device/report.ts";
import { checks, requireProblem } from "../problem-checks.ts";
import { requireKroneckerSparseVariant } from "./checks.ts";
import { matrixVariants } from "./matrix-candidates.ts";
import { matrixKernel } from "./matrix-shader.ts";
import { packKroneckerSparse } from "./pack.ts";
import type { MatrixKroneckerSparse } from "./variant.ts";

/** Inputs of a block whose products, of 2^14 at most, have a sum below 2^31. */
const MOST_INPUTS = 2 ** 17 - 1;

/** A product in integers: which pattern, how many vectors, and how they lie. */
export interface IntegerKroneckerSparseProblem extends BatchShape {
  readonly pattern: Pattern;
}

/**
 * Generates the fused multiplication in integers on the adapter's matrix units: operands of 8 bits with a sign,
 * exact sums of 32. Bindings, all of 32-bit words: x, four elements a word in the order of the layout, the lowest byte
 * the first; weights packed by {@link packIntegerKroneckerSparse}; y, an `i32` for each output.
 *
 * A block has at most 131,071 inputs: as many products of 128 by 128 stay below 2^31.
 *
 * @param variant one of {@link integerKroneckerSparseVariants}
 * @throws PapilioError `KERNEL_PROBLEM`, `OPTION_INVALID`
 */
export function integerKroneckerSparseKernel(
  problem: IntegerKroneckerSparseProblem,
  variant: MatrixKroneckerSparse,
): Kernel {
  requireIntegerProblem(problem);
  requireMatrixVariant(variant);
  const { pattern, batch, layout } = problem;
  return matrixKernel({ pattern, batch, layout, dtype: "i8" }, variant);
}

/**
 * Shapes of the kernel in integers that the device's matrix units have and the problem fills, the widest first; none
 * where the device has no such units. Which of them is fastest is to be measured.
 *
 * @throws PapilioError `KERNEL_PROBLEM`, `OPTION_INVALID`
 */
export function integerKroneckerSparseVariants(
  report: AdapterReport,
  problem: IntegerKroneckerSparseProblem,
): MatrixKroneckerSparse[] {
  requireReport(report);
  requireIntegerProblem(problem);
  const { pattern, batch, layout } = problem;
  return matrixVariants(report, { pattern, batch, layout, dtype: "i8" });
}

/**
 * Rearranges integer values from canonical `[a, b, c, d]` to the order in which the variant reads them, padded with
 * zeros to whole products.
 *
 * @throws PapilioError `ARRAY_TYPE`, `OPTION_INVALID`, `KERNEL_PROBLEM`
 */
export function packIntegerKroneckerSparse(
  pattern: Pattern,
  values: Int8Array,
  variant: MatrixKroneckerSparse,
): Int8Array {
  requirePattern("The pattern", pattern);
  requireArray("The values", values, "Int8Array");
  requireMatrixVariant(variant);
  return Int8Array.from(packKroneckerSparse(pattern, Float32Array.from(values), variant));
}

function requireIntegerProblem(problem: IntegerKroneckerSparseProblem): void {
  requireProblem("integer Kronecker-sparse", problem, {
    pattern: requirePattern,
    batch: checks.count,
    layout: checks.layout,
  });
  const { c } = problem.pattern;
  if (c <= MOST_INPUTS) return;
  throw wrongArgument(
    "The inputs of a block",
    `${c}`,
    `at most ${MOST_INPUTS}, whose sum fits 32 bits`,
  );
}

/** @throws PapilioError `OPTION_INVALID` for a variant that is not on matrix units */
function requireMatrixVariant(variant: MatrixKroneckerSparse): void {
  requireKroneckerSparseVariant(variant);
  if (variant.kind === "matrix" && variant.unitN % 4 === 0 && variant.unitM % 4 === 0) return;
  throw wrongArgument("The variant", variant.kind, "one on matrix units of a multiple of 4 wide");
}
