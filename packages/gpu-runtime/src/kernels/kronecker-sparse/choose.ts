import type { AdapterReport } from "../../device/report.ts";
import { loadWidth } from "./lanes.ts";
import type { Problem } from "./problem.ts";
import type { RegisterVariant, Variant } from "./variant.ts";

/** Picks the kernel's shape for a device and a problem. A default that is good without tuning. */
export function chooseVariant(report: AdapterReport, problem: Problem): Variant {
  return chooseRegisterVariant(report, problem);
}

/** Largest divisor of `n` that is at most `limit`. */
function divisorUpTo(n: number, limit: number): number {
  for (let candidate = Math.min(n, limit); candidate > 1; candidate--) {
    if (n % candidate === 0) return candidate;
  }
  return 1;
}

/** The register-blocked shape; `run` limits the reduction steps that can be taken together. */
export function chooseRegisterVariant(
  report: AdapterReport,
  problem: Problem,
  run: number = problem.pattern.c,
): RegisterVariant {
  const { pattern, batch, layout } = problem;
  const { b } = pattern;
  const subgroups = report.features.subgroups;
  const fixed = subgroups !== null && subgroups.min === subgroups.max ? subgroups.min : null;
  const broadcast = fixed ?? "load";
  if (layout === "batch-last") {
    const vector = loadWidth(batch);
    return {
      kind: "register", lanes: "batch", vector, spans: 1, tile: Math.min(b, 32), reduction: 1, broadcast, workgroup: 32, collect: false,
    };
  }
  return { kind: "register", lanes: "outputs", vector: 4, spans: b >= 64 ? 2 : 1, tile: 16, reduction: 1, broadcast, workgroup: 8, collect: false };
}
