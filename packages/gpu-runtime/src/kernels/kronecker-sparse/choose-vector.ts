import type { AdapterReport } from "../../device/report.ts";
import { powerOfTwoUpTo } from "../powers-of-two.ts";
import { sharedLoads } from "../shared-loads.ts";
import { UNIT } from "./few-bits-codes.ts";
import type { KroneckerSparseProblem } from "./problem.ts";
import type { VectorKroneckerSparse } from "./variant.ts";

/** Batch entries up to which hardware is better off with the weights' stream than with staging. */
export const VECTOR_BATCH = 8;
/** Invocations in all, below which hardware has too few loads in flight. */
const HARDWARE_INVOCATIONS = 2 ** 14;
const HARDWARE_WORKGROUP = 64;

/**
 * The vector kernel's shape for a problem, or null where another kernel is better.
 *
 * On hardware the rules are practice, not measurements: a warp's worth of invocations for each row,
 * fewer where rows are short (Bell and Garland, SC 2009), and as many rows for each invocation as
 * leave the device enough of them to run (Sørensen, High-performance matrix-vector multiplication
 * on the GPU, Euro-Par 2011 workshops).
 */
export function chooseVectorKroneckerSparse(
  report: AdapterReport,
  problem: KroneckerSparseProblem,
): VectorKroneckerSparse | null {
  return report.kind === "hardware" ? forHardware(problem) : forSoftware(report, problem);
}

function forHardware({
  pattern,
  batch,
  weightDtype,
}: KroneckerSparseProblem): VectorKroneckerSparse | null {
  const { b, c, rows } = pattern;
  if (batch > VECTOR_BATCH || b < 16 || c < 8) return null;
  const few = weightDtype !== undefined;
  const vector = few ? UNIT : (wholePart(c, 4) as VectorKroneckerSparse["vector"]);
  // Codes fill whole units.
  const inputs = Math.ceil(c / vector) * vector;
  const splitK = wholePart(few ? inputs : c, 32 * vector) / vector;
  const groups = powerOfTwoUpTo(Math.min(b, HARDWARE_WORKGROUP / splitK));
  const enough = (rows * splitK) / HARDWARE_INVOCATIONS;
  return {
    kind: "vector",
    vector,
    splitK,
    groups,
    tile: tileFor(b, groups, Math.max(1, Math.min(enough, 4, 16 / batch))),
    reduceScope: "workgroup",
  };
}

/**
 * Measured on SwiftShader, whose subgroups have four lanes, and on lavapipe (Mesa 25), with eight;
 * two cores. Long rows gain on SwiftShader. On lavapipe the register kernel is as fast or faster: it
 * shares the loads of inputs, which here are scattered where d > 1. Weights of few bits were not measured in both on
 * SwiftShader: the register kernel takes them on either.
 */
function forSoftware(
  report: AdapterReport,
  { pattern, batch, weightDtype }: KroneckerSparseProblem,
): VectorKroneckerSparse | null {
  if (weightDtype !== undefined) return null;
  const subgroup = sharedLoads(report);
  const { b, c, d } = pattern;
  if (subgroup !== 4 || batch > 1 || c < 128 || (d > 1 && b < subgroup)) return null;
  // Few outputs leave invocations to share the reduction.
  const groups = powerOfTwoUpTo(Math.min(b, subgroup));
  return {
    kind: "vector",
    vector: wholePart(c, 4) as VectorKroneckerSparse["vector"],
    splitK: subgroup / groups,
    groups,
    tile: tileFor(b, groups, 8),
    reduceScope: "subgroup",
  };
}

/** The largest power of two up to `limit` outputs that pads `b` the least. */
function tileFor(b: number, groups: number, limit: number): number {
  const padded = (tile: number): number => Math.ceil(b / (groups * tile)) * groups * tile;
  let tile = powerOfTwoUpTo(limit);
  while (tile > 1 && padded(tile) > padded(tile / 2)) tile /= 2;
  return tile;
}

/** The largest power of two up to `limit` whose multiples hold `c` with at most an eighth to spare. */
function wholePart(c: number, limit: number): number {
  let part = limit;
  while (Math.ceil(c / part) * part > c * 1.125) part /= 2;
  return part;
}
