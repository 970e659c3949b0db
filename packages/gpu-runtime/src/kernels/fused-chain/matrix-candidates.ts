import type { AdapterReport } from "../../device/report.ts";
import { usableProducts } from "../matrix-units.ts";
import { fitsMatrixUnits, matrixChainPlan } from "./matrix-plan.ts";
import type { FusedChainProblem } from "./problem.ts";
import type { MatrixFusedChain } from "./variant.ts";

/** Products of the units along the vectors of a workgroup, and subgroups of it, widest first. */
const SHAPES = [
  [4, 8],
  [2, 8],
  [1, 4],
  [1, 1],
] as const;

/**
 * The shape of the fused kernel on the device's matrix units, with as many vectors as fit; none where the
 * operands are not in half precision, the units do not divide the blocks, or workgroup memory has no room.
 */
export function matrixChainVariant(
  report: Pick<AdapterReport, "features" | "limits">,
  problem: FusedChainProblem,
): MatrixFusedChain | undefined {
  if (problem.dtype !== "f16") return undefined;
  const subgroup = report.features.subgroups?.min ?? 1;
  const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupStorageSize } = report.limits;
  return usableProducts(report, "f16", "f32")
    .flatMap(({ rows: unitM, columns: unitN, depth: unitK }) =>
      SHAPES.map(([products, subgroups]) => ({
        kind: "matrix" as const,
        unitM,
        unitN,
        unitK,
        subgroup,
        subgroups,
        tileN: products * unitN,
      })),
    )
    .find((variant) => {
      const { threads, bytes } = matrixChainPlan(problem, variant);
      const { unitN, tileN } = variant;
      return (
        fitsMatrixUnits(problem, variant) &&
        (tileN === unitN || tileN < 2 * problem.batch) &&
        threads <= maxComputeInvocationsPerWorkgroup &&
        bytes <= maxComputeWorkgroupStorageSize
      );
    });
}
