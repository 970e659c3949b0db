import type { AdapterReport } from "../../device/report.ts";
import { sharedLoads } from "../shared-loads.ts";
import { loadWidth } from "../wgsl.ts";
import { bestTile, isLarge } from "./best-tile.ts";
import type { FactorGradientProblem } from "./problem.ts";
import type {
  BlocksFactorGradient,
  FactorGradientVariant,
  LanesFactorGradient,
  WorkgroupFactorGradient,
} from "./variant.ts";

/** Workgroups that keep an adapter busy. */
const BUSY = { software: 16, hardware: 1024 };
/** Vectors of a part at least: fewer would not pay for the partial gradients. */
const LEAST_VECTORS = 32;
/** Bytes of a processor's cache that one workgroup leaves to those after it, and parts that are made for that at most. */
const CACHED = 2 ** 20;
const CACHE_LINE = 64;
const MOST_CACHED_PARTS = 32;
/** Sums of an invocation whose blocks are neighbours' of others. */
const MOST_SUMS = 32;
/** Both operands are transposed where the square of a number's products, times how far it is from the next, is as much. */
const TRANSPOSED = 150 ** 2;
/** Vectors for each of so many neighbouring blocks: fewer stay in a cache from one block to the next. */
const VECTORS_PER_BLOCK = 8;

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

/**
 * Whether a copy of both operands with the batch last pays, of a batch-first problem on a software adapter. Vectors
 * are far apart, often by a power of two, so that few lines of a cache hold a block's numbers. The copies pay the sooner
 * the more products each number has, `b c / (b + c)` in the mean, and the farther apart the numbers of a block are:
 * the rule parts what was measured on lavapipe.
 */
export function transposesOperands(report: Known, problem: FactorGradientProblem): boolean {
  const { batch, count, layout, pattern } = problem;
  if (layout === "batch-last" || !isLarge(problem, sharedLoads(report))) return false;
  if (loadWidth(batch) < 4 || loadWidth(count) < 4) return false;
  const { b, c, d } = pattern;
  const apart = Math.min(d, count / VECTORS_PER_BLOCK);
  return ((b * c) / (b + c)) ** 2 * apart >= TRANSPOSED;
}

/** Vectors that a turn of the loop takes: batch-last, as many as a load can. */
function turnOf({ batch, count, layout }: FactorGradientProblem): 1 | 2 | 4 {
  const turn = loadWidth(count);
  return layout === "batch-first" ? turn : (Math.min(turn, loadWidth(batch)) as 1 | 2 | 4);
}

/** Invocations along a side of the block, so that what they load is used by all of the other side's tile. */
function lanesShape(report: Known, problem: FactorGradientProblem): LanesFactorGradient {
  const { blocks } = problem.pattern;
  const subgroup = sharedLoads(report);
  const workgroup = subgroup ?? 8;
  const turn = problem.layout === "batch-last" ? turnOf(problem) : 1;
  const shape = bestTile(problem, { turn, workgroup, subgroup });
  const { lanes, tile, spans, group, tiles } = shape;
  const inAll = (tiles * blocks) / group;
  return {
    kind: "lanes",
    ...{ lanes, tile, spans, group, turn, workgroup },
    broadcast: subgroup ?? "load",
    parts: partsFor(
      report,
      problem,
      inAll,
      partsOfCache(report, problem, workgroup * spans + tile),
    ),
  };
}

/** Invocations along the blocks, which are too small for a workgroup each. */
function blocksShape(report: Known, problem: FactorGradientProblem): BlocksFactorGradient {
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
    kind: "blocks",
    ...{ tile, spans, vector, workgroup },
    turn: turnOf(problem),
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

/**
 * Parts of the batch whose cache lines, one for each of a workgroup's features of every vector, a processor's cache
 * holds: batch-first, the workgroups of neighbouring blocks read the same lines one after another.
 */
function partsOfCache(
  { kind }: Known,
  { pattern: { d }, count, layout }: FactorGradientProblem,
  features: number,
): number {
  if (kind === "hardware" || layout === "batch-last" || d === 1) return 1;
  return Math.min(Math.ceil((count * features * CACHE_LINE) / CACHED), MOST_CACHED_PARTS);
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
