import type { AdapterReport } from "../../device/report.ts";
import { chooseAttention, registerVariant, workgroupVariant } from "./choose.ts";
import { matrixAttentionVariants } from "./matrix-candidates.ts";
import type { AttentionProblem } from "./problem.ts";
import { type AttentionVariant, attentionName } from "./variant.ts";
import { workgroupBytes } from "./workgroup-plan.ts";

/**
 * Shapes of the attention kernel that may be the fastest for a problem: the one that `chooseAttention` takes,
 * those on matrix units where the device has any and the operands are in half precision, then the other kinds.
 * Each has a name of its own (`attentionName`), all are within the device's limits. Measure them with `tune`.
 *
 * @throws PapilioError `KERNEL_PROBLEM`, `BATCH_INVALID`, `LAYOUT_INVALID`
 */
export function attentionVariants(
  report: AdapterReport,
  problem: AttentionProblem,
): AttentionVariant[] {
  const chosen = chooseAttention(report, problem);
  const staged = workgroupVariant(problem);
  const fits = workgroupBytes(problem, staged) <= report.limits.maxComputeWorkgroupStorageSize;
  const proposed = [
    chosen,
    ...matrixAttentionVariants(report, problem),
    registerVariant(report, problem),
    ...(fits ? [staged] : []),
  ];
  return [...new Map(proposed.map((variant) => [attentionName(variant), variant])).values()];
}
