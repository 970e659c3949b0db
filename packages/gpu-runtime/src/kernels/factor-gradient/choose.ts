import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { AdapterReport } from "../../device/report.ts";
import { sharedLoads } from "../shared-loads.ts";
import { loadWidth } from "../wgsl.ts";
import type { FactorGradientProblem } from "./problem.ts";
import type {
  FactorGradientVariant,
  RegisterFactorGradient,
  WorkgroupFactorGradient,
} from "./variant.ts";

/** Workgroups that keep an adapter busy. */
const BUSY = { software: 16, hardware: 1024 };
/** Vectors of a part at least: fewer would not pay for the partial gradients. */
const LEAST_VECTORS = 32;
/**
 * Bytes of the operands of a super-block that the blocks of one after another find in a cache, where their numbers are
 * in one another's cache lines; and parts that are made for that at most.
 */
const CACHED = 2 ** 20;
const MOST_CACHED_PARTS = 32;
/** Sums of an invocation whose blocks are neighbours' of others. */
const MOST_SUMS = 32;

type Known = Pick<AdapterReport, "kind" | "features" | "limits">;

/** Picks the kernel's shape for a device and a problem, by rules that were measured on software adapters. */
export function chooseFactorGradient(
  report: Known,
  problem: FactorGradientProblem,
): FactorGradientVariant {
  const { b, c } = problem.pattern;
  if (report.kind === "hardware" && Math.min(b, c) >= 16) return workgroupShape(report, problem);
  const group = sharedLoads(report) ?? 8;
  const small = Math.max(b, c) < group || (b * c <= MOST_SUMS && Math.min(b, c) < group);
  return small ? blocksShape(report, problem) : lanesShape(report, problem);
}

/** Vectors that a turn of the loop takes. */
function turnOf({ batch, count, layout }: FactorGradientProblem): 1 | 2 | 4 {
  const turn = loadWidth(count);
  return layout === "batch-first" ? turn : (Math.min(turn, loadWidth(batch)) as 1 | 2 | 4);
}

/** Invocations along the longer side of a block, so that what they load is used by all of the other side's tile. */
function lanesShape(report: Known, problem: FactorGradientProblem): RegisterFactorGradient {
  const { b, c, d, blocks } = problem.pattern;
  const subgroup = sharedLoads(report);
  const workgroup = subgroup ?? 8;
  const lanes = c >= b ? "inputs" : "outputs";
  const [along, across] = lanes === "inputs" ? [c, b] : [b, c];
  const spans = along >= 4 * workgroup && across <= 8 ? 4 : along > workgroup ? 2 : 1;
  const tile = Math.min(across, spans === 4 ? 8 : 16);
  const contiguous = problem.layout === "batch-first" && d === 1;
  const tiles = Math.ceil(along / (workgroup * spans)) * Math.ceil(across / tile) * blocks;
  return {
    kind: "register",
    lanes,
    tile,
    spans,
    turn: turnOf(problem),
    vector: contiguous ? (Math.min(loadWidth(along), loadWidth(spans)) as 1 | 2 | 4) : 1,
    broadcast: subgroup ?? "load",
    workgroup,
    parts: partsFor(report, problem, tiles, partsOfCache(report, problem)),
  };
}

/** Invocations along the blocks, which are too small for a workgroup each. */
function blocksShape(report: Known, problem: FactorGradientProblem): RegisterFactorGradient {
  const { b, c, d, blocks } = problem.pattern;
  const [tile, spans] = [Math.min(b, 8), Math.min(c, 4)];
  const wide = problem.layout === "batch-first" && tile * spans <= 4;
  const vector = wide ? loadWidth(d) : 1;
  const lanes = blocks / vector;
  const group = sharedLoads(report) ?? 8;
  const workgroup =
    report.kind === "hardware" ? 64 : Math.min(32, Math.ceil(lanes / group) * group);
  const tiles = Math.ceil(lanes / workgroup) * Math.ceil(b / tile) * Math.ceil(c / spans);
  return {
    kind: "register",
    lanes: "blocks",
    tile,
    spans,
    turn: turnOf(problem),
    vector,
    broadcast: "load",
    workgroup,
    parts: partsFor(report, problem, tiles),
  };
}

/** Tiles as large as the block fills. */
function workgroupShape(report: Known, problem: FactorGradientProblem): WorkgroupFactorGradient {
  const { b, c, blocks } = problem.pattern;
  const size = (side: number): number => (side >= 64 ? 64 : side >= 32 ? 32 : 16);
  const [tileM, tileN] = [size(b), size(c)];
  const tiles = Math.ceil(b / tileM) * Math.ceil(c / tileN) * blocks;
  return {
    kind: "workgroup",
    tileM,
    tileN,
    tileK: 16,
    threadM: tileM / 8,
    threadN: tileN / 16,
    parts: partsFor(report, problem, tiles),
  };
}

/** Parts that are small enough for a processor's cache: batch-first, neighbouring blocks read the same cache lines. */
function partsOfCache(
  { kind }: Known,
  { pattern, count, layout, dtype }: FactorGradientProblem,
): number {
  const { b, c, d } = pattern;
  if (kind === "hardware" || layout === "batch-last" || d === 1) return 1;
  const bytes = count * (b + c) * d * FLOAT_FORMATS[dtype].bytes;
  return Math.min(Math.ceil(bytes / CACHED), MOST_CACHED_PARTS);
}

/** Parts of the batch: as many as give an adapter enough workgroups, and as can be bound together. */
function partsFor(
  { kind, limits }: Known,
  { pattern, count }: FactorGradientProblem,
  tiles: number,
  least = 1,
): number {
  const bytes = 4 * pattern.nonZeros;
  const bound = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  const most = Math.min(Math.floor(count / LEAST_VECTORS), Math.floor(bound / bytes));
  return Math.max(1, Math.min(Math.max(Math.ceil(BUSY[kind] / tiles), least), most));
}
