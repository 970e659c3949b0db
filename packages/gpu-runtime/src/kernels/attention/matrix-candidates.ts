import type { AdapterReport } from "../../device/report.ts";
import { usableProducts } from "../matrix-units.ts";
import { leastCommonMultiple, matrixAttentionPlan } from "./matrix-plan.ts";
import type { AttentionProblem } from "./problem.ts";
import type { MatrixAttention } from "./variant.ts";

/** Sums of an invocation, beyond which registers spill. */
const MOST_SUMS = 128;
/** Subgroups of a workgroup, and keys of a tile at least, widest first. */
const SHAPES = [
  [4, 64],
  [4, 32],
  [2, 32],
  [2, 16],
  [1, 16],
] as const;

/** Shapes on the device's matrix units that the problem fills, within the device's limits. */
export function matrixAttentionVariants(
  report: Pick<AdapterReport, "features" | "limits">,
  problem: AttentionProblem,
): MatrixAttention[] {
  const size = report.features.subgroups?.min ?? 1;
  if (problem.dtype !== "f16") return [];
  const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupStorageSize } = report.limits;
  return usableProducts(report, "f16", "f32")
    .filter(({ rows }) => size % rows === 0)
    .flatMap(({ rows, columns, depth }) => {
      const step = leastCommonMultiple(columns, depth);
      return SHAPES.map(([subgroups, keys]) => ({
        kind: "matrix" as const,
        unitM: rows,
        unitN: columns,
        unitK: depth,
        subgroup: size,
        subgroups,
        keys: Math.ceil(keys / step) * step,
      }));
    })
    .filter((variant) => {
      const { unitM, subgroups, keys } = variant;
      const { threads, bytes, features, lanes } = matrixAttentionPlan(problem, variant);
      // Tiles of queries and of keys are more than half full.
      const filled = subgroups * unitM < 2 * problem.queries && keys < 2 * problem.keys;
      return (
        filled &&
        features / lanes <= MOST_SUMS &&
        threads <= maxComputeInvocationsPerWorkgroup &&
        bytes <= maxComputeWorkgroupStorageSize
      );
    });
}
