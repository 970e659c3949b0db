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

/** Vectors of an invocation, and others that are taken together. SwiftShader takes minutes to compile many more. */
const FEW = { own: 1, others: 4 };
/**
 * The same where subgroups have at least `members` members, as on lavapipe: a load brings numbers of more vectors, and what
 * a member loads serves two of its own. Both together take less than half of the time. For fewer products the time to
 * compile them would not come back.
 */
const MANY = { members: 8, own: 2, others: 16, products: 2 ** 20 };

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
  if (members === null || workgroup !== members) return { ...FEW, workgroup, broadcast: "load" };
  const { sequences, heads, queries, keys, headFeatures } = problem;
  const many =
    members >= MANY.members &&
    room >= MANY.own * workgroup &&
    sequences * heads * queries * keys * headFeatures >= MANY.products;
  const { own, others } = many ? MANY : FEW;
  return { own, others, workgroup, broadcast: members };
}
