import type { AdapterReport } from "../../device/report.ts";
import { sharedLoads } from "../shared-loads.ts";
import type { AttentionProblem } from "./problem.ts";
import type { AttentionVariant, KeysAttention, WorkgroupAttention } from "./variant.ts";
import { workgroupBytes } from "./workgroup-plan.ts";

/** Queries of a sequence up to which invocations along the queries would mostly be idle. */
const FEW_QUERIES = 4;

/**
 * Picks the kernel's shape for a device and a problem. For software adapters by what was measured on
 * lavapipe (Mesa 25) and SwiftShader, two cores; for hardware, by what is usual in matrix products.
 */
export function chooseAttention(
  report: Pick<AdapterReport, "kind" | "features" | "limits">,
  problem: AttentionProblem,
): AttentionVariant {
  const { queries } = problem;
  if (queries <= FEW_QUERIES) return alongKeys(report, problem);
  const staged = workgroupVariant(problem);
  if (
    report.kind === "hardware" &&
    workgroupBytes(problem, staged) <= report.limits.maxComputeWorkgroupStorageSize
  ) {
    return staged;
  }
  const subgroup = sharedLoads(report);
  const workgroup = subgroup ?? 8;
  return {
    kind: "register",
    queries: queriesEach(Math.ceil(queries / workgroup)),
    keys: Math.max(16, workgroup),
    workgroup,
    broadcast: subgroup ?? "load",
  };
}

/** Of up to five, the number that pads `columns` the least. Below three, loads are shared too little. */
function queriesEach(columns: number): number {
  if (columns <= 3) return columns;
  const padded = (each: number): number => Math.ceil(columns / each) * each;
  return [4, 5, 3].reduce((best, each) => (padded(each) < padded(best) ? each : best));
}

/** Accumulators of an invocation are 4 x 8 for heads of any size up to 256 features. */
function workgroupVariant({ headFeatures }: AttentionProblem): WorkgroupAttention {
  const columns = headFeatures <= 64 ? 8 : headFeatures <= 128 ? 16 : 32;
  return {
    kind: "workgroup",
    rows: 8,
    queriesEach: 4,
    columns,
    keysEach: 32 / columns,
    unrolled: 4,
  };
}

function alongKeys(
  report: Pick<AdapterReport, "kind" | "features">,
  { queries, heads, keyValueHeads }: AttentionProblem,
): KeysAttention {
  const rows = Math.min((queries * heads) / keyValueHeads, 4);
  // Hardware needs invocations more than it needs registers filled.
  return report.kind === "hardware"
    ? { kind: "keys", rows, keys: 1, workgroup: 128 }
    : { kind: "keys", rows, keys: rows === 1 ? 8 : 4, workgroup: sharedLoads(report) ?? 8 };
}
