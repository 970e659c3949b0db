import type { Layout, StorageDtype } from "@papilio/butterfly";
import { requireObject } from "@papilio/butterfly/errors";
import type { AdapterReport } from "../../device/report.ts";
import { powerOfTwoUpTo } from "../powers-of-two.ts";
import { checks, requireProblem } from "../problem-checks.ts";
import { sharedLoads } from "../shared-loads.ts";
import { loadWidth } from "../wgsl.ts";

/** Vectors that are each reduced to a number or two and rewritten, from one layout to another. */
export interface VectorsShape {
  readonly batch: number;
  readonly features: number;
  readonly from: Layout;
  readonly to: Layout;
  readonly dtype: StorageDtype;
}

/** How the invocations of a workgroup share vectors: `columns * slices` of them. */
export interface ReductionLanes {
  /** Invocations side by side, each with vectors of its own. */
  readonly columns: number;
  /** Invocations that share a vector, a power of two: their sums are reduced in workgroup memory. */
  readonly slices: number;
  /** Neighbouring vectors of one invocation: only where all layouts are batch-last. */
  readonly width: 1 | 2 | 4;
}

/** Invocations that share a vector where a workgroup has a single one. */
const SLICES = 64;

/**
 * Picks how vectors are shared. A software adapter, measured on lavapipe (Mesa 25), is better off
 * without barriers once there are vectors for all members of a subgroup. Hardware reads what
 * lies side by side: along the features when batch-first, else a run of the batch, and needs many
 * invocations: that is practice, not measured.
 */
function chooseReductionLanes(
  report: Pick<AdapterReport, "kind" | "features">,
  { batch, features, from, to }: VectorsShape,
  others: readonly Layout[],
): ReductionLanes {
  if (report.kind === "hardware") {
    const along = from === "batch-last" && batch >= 8;
    return along
      ? { columns: 16, slices: powerOfTwoUpTo(Math.min(features, 16)), width: 1 }
      : { columns: 1, slices: powerOfTwoUpTo(Math.min(features, 4 * SLICES)), width: 1 };
  }
  const subgroup = sharedLoads(report) ?? 8;
  if (batch < subgroup) {
    return { columns: 1, slices: powerOfTwoUpTo(Math.min(features, SLICES)), width: 1 };
  }
  const last = [from, to, ...others].every((layout) => layout === "batch-last");
  const wide = last && batch >= 4 * subgroup;
  return { columns: subgroup, slices: 1, width: wide ? loadWidth(batch) : 1 };
}

/**
 * The lanes that are asked for, or those that are chosen for the adapter.
 *
 * @param others layouts of other vectors that are read
 * @throws PapilioError `OPTION_INVALID`, `KERNEL_PROBLEM`
 */
export function lanesOf(
  report: Pick<AdapterReport, "kind" | "features">,
  shape: VectorsShape,
  given: ReductionLanes | undefined,
  others: readonly Layout[] = [],
): ReductionLanes {
  requireObject("The report", report, "an AdapterReport", "kind", "features");
  if (given === undefined) return chooseReductionLanes(report, shape, others);
  requireProblem("reduction", given, {
    columns: checks.count,
    slices: checks.count,
    width: checks.oneOf(1, 2, 4),
  });
  return given;
}
