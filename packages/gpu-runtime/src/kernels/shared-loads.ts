import type { AdapterReport } from "../device/report.ts";

/** Subgroup size of a software adapter, where sharing loads pays and the size is fixed. */
export function sharedLoads({
  kind,
  features,
}: Pick<AdapterReport, "kind" | "features">): number | null {
  const { subgroups } = features;
  // A GPU reads what its invocations have in common through its caches; a software adapter loads
  // it once for each lane.
  if (kind === "hardware" || subgroups === null || subgroups.min !== subgroups.max) return null;
  return subgroups.min;
}
