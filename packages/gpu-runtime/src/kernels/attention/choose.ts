import type { AdapterReport } from "../../device/report.ts";
import { sharedLoads } from "../shared-loads.ts";
import type { AttentionProblem } from "./problem.ts";
import type { AttentionVariant } from "./variant.ts";

/** Picks the kernel's shape for a device and a problem. */
export function chooseAttention(
  report: AdapterReport,
  { headFeatures }: AttentionProblem,
): AttentionVariant {
  const subgroup = sharedLoads(report);
  const workgroup = subgroup ?? 8;
  // Workgroup memory holds the sums: float32 of every feature of every query.
  const room = Math.floor(
    report.limits.maxComputeWorkgroupStorageSize / (4 * workgroup * headFeatures),
  );
  return {
    kind: "register",
    queries: Math.max(1, Math.min(4, room)),
    keys: 16,
    workgroup,
    broadcast: subgroup ?? "load",
    sums: room < 1 ? "private" : "workgroup",
  };
}
