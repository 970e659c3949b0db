import { requireReport } from "../../device/device-checks.ts";
import type { AdapterReport } from "../../device/report.ts";
import { sharedLoads } from "../shared-loads.ts";
import { keysBytes } from "./keys-shader.ts";
import { type AttentionProblem, requireAttention } from "./problem.ts";
import { registerBytes } from "./register-shader.ts";
import type {
  AttentionVariant,
  KeysAttention,
  RegisterAttention,
  WorkgroupAttention,
} from "./variant.ts";
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
  requireReport(report);
  requireAttention(problem);
  if (problem.queries <= FEW_QUERIES) return alongKeys(report, problem);
  const staged = workgroupVariant(problem);
  const { maxComputeWorkgroupStorageSize: limit } = report.limits;
  return report.kind === "hardware" && workgroupBytes(problem, staged) <= limit
    ? staged
    : registerVariant(report, problem);
}

/** The shape known with sums in registers. */
export function registerVariant(
  report: Pick<AdapterReport, "kind" | "features" | "limits">,
  problem: AttentionProblem,
): RegisterAttention {
  const { maxComputeWorkgroupStorageSize: limit } = report.limits;
  const members = sharedLoads(report);
  const one = { kind: "register", queries: 1, workgroup: members ?? 8 } as const;
  const variant = {
    ...one,
    keys: Math.max(16, one.workgroup),
    broadcast: members ?? "load",
  } as const;
  const room = Math.floor(limit / registerBytes(problem, variant));
  // Heads of very many features leave room for fewer invocations than a subgroup has.
  if (room < 1) {
    const workgroup = Math.max(1, Math.floor(limit / (4 * problem.headFeatures)));
    return { ...variant, workgroup, broadcast: "load" };
  }
  const columns = Math.ceil(problem.queries / variant.workgroup);
  return { ...variant, queries: Math.min(queriesEach(columns), room) };
}

/** Of up to five, the number that pads `columns` the least. Below three, loads are shared too little. */
function queriesEach(columns: number): number {
  if (columns <= 3) return columns;
  const padded = (each: number): number => Math.ceil(columns / each) * each;
  return [4, 5, 3].reduce((best, each) => (padded(each) < padded(best) ? each : best));
}

/** The shape known with tiles in workgroup memory. Accumulators of an invocation are 4 x 8 for heads of any size up to 256 features. */
export function workgroupVariant({ headFeatures }: AttentionProblem): WorkgroupAttention {
  const keyThreads = headFeatures <= 64 ? 8 : headFeatures <= 128 ? 16 : 32;
  return {
    kind: "workgroup",
    queryThreads: 8,
    queriesEach: 4,
    keyThreads,
    keysEach: 32 / keyThreads,
    unrolled: 4,
  };
}

function alongKeys(
  report: Pick<AdapterReport, "kind" | "features" | "limits">,
  problem: AttentionProblem,
): KeysAttention {
  const { queries, heads, keyValueHeads } = problem;
  const hardware = report.kind === "hardware";
  const fits = (each: number, workgroup: number): boolean =>
    keysBytes(problem, { kind: "keys", queries: each, keys: 1, workgroup }) <=
    report.limits.maxComputeWorkgroupStorageSize;
  let workgroup = hardware ? 128 : (sharedLoads(report) ?? 8);
  while (workgroup > 1 && !fits(1, workgroup)) workgroup = Math.ceil(workgroup / 2);
  let each = Math.min((queries * heads) / keyValueHeads, 4);
  while (each > 1 && !fits(each, workgroup)) each--;
  // Hardware needs invocations more than it needs registers filled.
  return { kind: "keys", queries: each, keys: hardware ? 1 : each === 1 ? 8 : 4, workgroup };
}
