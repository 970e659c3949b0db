import { PapilioError } from "@papilio/butterfly";
import type { AdapterReport } from "../../device/report.ts";
import { usableProducts } from "../matrix-units.ts";
import { MATRIX_ELEMENTS, type MatrixProblem, matrixPlan } from "./matrix-plan.ts";
import { kroneckerSparseName, type MatrixKroneckerSparse } from "./variant.ts";

/** Elements that a sector of memory holds at most: as many neighbours fill one. */
const MOST_NEIGHBOURS = 16;
/** Sums of an invocation, beyond which registers spill. */
const MOST_SUMS = 64;

/** Products along outputs, batch and inputs, and subgroups along outputs and batch, widest first. */
const SHAPES = [
  [2, 2, 2, 2, 2],
  [4, 2, 1, 1, 1],
  [2, 2, 1, 1, 1],
  [2, 4, 2, 1, 1],
  [1, 2, 2, 2, 1],
  [1, 1, 1, 1, 1],
] as const;

/** @throws PapilioError `MATRIX_UNITS_UNAVAILABLE` where the device does not have a variant's product */
export function requireMatrixUnits(
  report: Pick<AdapterReport, "features" | "name">,
  dtype: MatrixProblem["dtype"],
  variant: MatrixKroneckerSparse,
): void {
  const { unitM, unitN, unitK, subgroup } = variant;
  const listed = usableProducts(report, dtype, MATRIX_ELEMENTS[dtype].sums).some(
    ({ rows, columns, depth }) => rows === unitM && columns === unitN && depth === unitK,
  );
  if (listed && report.features.subgroups?.min === subgroup) return;
  throw new PapilioError(
    "MATRIX_UNITS_UNAVAILABLE",
    `Variant ${kroneckerSparseName(variant)} needs matrix units for ${dtype} with sums in ${MATRIX_ELEMENTS[dtype].sums}, which the device on ${report.name} does not have or was not opened with.`,
    "Choose another variant, as kroneckerSparseVariants does for a device.",
  );
}

/** Shapes on the device's matrix units that the problem fills, within the device's limits. */
export function matrixVariants(
  report: AdapterReport,
  problem: Pick<MatrixProblem, "pattern" | "batch" | "layout" | "dtype">,
): MatrixKroneckerSparse[] {
  const { pattern, batch, layout } = problem;
  const size = report.features.subgroups?.min ?? 1;
  const most = layout === "batch-first" ? Math.min(pattern.d, MOST_NEIGHBOURS) : 1;
  const { sums } = MATRIX_ELEMENTS[problem.dtype];
  const variants = usableProducts(report, problem.dtype, sums).flatMap((unit) =>
    SHAPES.map(([productsM, productsN, productsK, subgroupsM, subgroupsN]) => {
      const each = (unit.rows * unit.columns * productsM * productsN) / size;
      return {
        kind: "matrix" as const,
        unitM: unit.rows,
        unitN: unit.columns,
        unitK: unit.depth,
        subgroup: size,
        productsM,
        productsN,
        productsK,
        subgroupsM,
        subgroupsN,
        neighbours: Math.max(1, Math.min(most, Math.floor(MOST_SUMS / each))),
      };
    }),
  );
  return variants.filter((variant) => {
    const { tileM, tileN, tileK, threads, bytes } = matrixPlan(problem, variant);
    const { unitM, unitN, unitK } = variant;
    // A tile of one product is always in order; a larger one must be more than half full.
    const filled =
      (tileM === unitM || tileM < 2 * pattern.b) &&
      (tileN === unitN || tileN < 2 * batch) &&
      (tileK === unitK || tileK <= pattern.c);
    return (
      filled &&
      threads <= report.limits.maxComputeInvocationsPerWorkgroup &&
      bytes <= report.limits.maxComputeWorkgroupStorageSize
    );
  });
}
