import { requireReport } from "../../device/device-checks.ts";
import type { AdapterReport } from "../../device/report.ts";
import { sharedLoads } from "../shared-loads.ts";
import { type AttentionGradientProblem, requireGradientSizes } from "./problem.ts";
import type { AttentionGradientVariant } from "./variant.ts";

/** Workgroup memory that a kernel takes, which sums `gradients` gradients at once, in bytes. */
export function gradientBytes(
  { headFeatures }: Pick<AttentionGradientProblem, "headFeatures">,
  { own, workgroup }: Pick<AttentionGradientVariant, "own" | "workgroup">,
  gradients: 1 | 2,
): number {
  return 4 * workgroup * own * headFeatures * gradients;
}

/**
 * Picks the shape of the kernels of attention's gradient for a device and a problem: of each of them, that of keys and
 * values has two sums.
 *
 * @throws PapilioError `OPTION_INVALID`, `KERNEL_PROBLEM`
 */
export function chooseAttentionGradient(
  report: Pick<AdapterReport, "kind" | "features" | "limits">,
  problem: Omit<AttentionGradientProblem, "shapes">,
): AttentionGradientVariant {
  requireReport(report);
  requireGradientSizes(problem);
  const { maxComputeWorkgroupStorageSize: limit } = report.limits;
  const members = sharedLoads(report);
  const most = report.kind === "hardware" ? 64 : (members ?? 8);
  const room = Math.floor(limit / gradientBytes(problem, { own: 1, workgroup: 1 }, 2));
  const workgroup = Math.max(1, Math.min(most, room));
  const broadcast = members !== null && workgroup === members ? members : "load";
  // Drivers of software adapters take seconds to compile more statements than these.
  return { own: 1, others: 4, workgroup, broadcast };
}
