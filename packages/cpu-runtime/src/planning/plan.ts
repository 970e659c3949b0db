import type { Chain } from "@papilio/butterfly";
import {
  type Candidate,
  type Division,
  divideChain,
  type FactorRange,
} from "@papilio/butterfly/planning";
import { TILE } from "../wasm/constants.ts";

/** Stages that are applied block by block, in the first-level cache; each is one merged factor. */
export interface PassPlan extends FactorRange {
  /** Left-most first, so the last one is applied first. */
  readonly stages: readonly FactorRange[];
}

/** How a chain is multiplied on the CPU. Plain data. */
export interface CpuPlan {
  /** Vectors that go through all passes together, a multiple of 16; chosen for the batch unless given. */
  readonly panel?: number;
  /** Left-most first, so the last one is applied first. */
  readonly passes: readonly PassPlan[];
}

/** Multiply-adds that are worth waking another thread for: some tens of microseconds. */
export const WORK_OF_THREAD = 1_000_000;

/** Caches of a core, in bytes, of the smaller machines of today; the last one is shared. */
const CACHES = [
  { bytes: 24 * 1024, cyclesOfLine: 1 },
  { bytes: 384 * 1024, cyclesOfLine: 3 },
  { bytes: 12 * 2 ** 20, cyclesOfLine: 8 },
  { bytes: Number.POSITIVE_INFINITY, cyclesOfLine: 24 },
] as const;

/** Cycles of a tile besides its multiply-adds: the start of its loop, its stores. */
const TILE_CYCLES = 10;
/** Cycles of a block besides its tiles: addresses. */
const BLOCK_CYCLES = 8;
/** Cycles of a pass for each block, besides its stages. */
const PASS_CYCLES = 30;

/** Values of a merged factor over those of what it replaces: they take time to make, and memory. */
const MOST_GROWTH = 1.5;

/** Vectors that the plan is made for, of which a panel has some. */
const PANEL = 32;

/** What a plan may do. */
export interface PlanLimits {
  /** Whether factors may be multiplied out into one; true unless given. */
  readonly merges?: boolean;
}

/**
 * The fastest plan by a model of the caches: cycles of multiply-adds, of loads and stores, and of
 * cache lines that come from the level that holds them.
 *
 * @param parts numbers that make an element: 1 real, 2 complex
 */
export function planForCpu(chain: Chain, parts: 1 | 2, limits?: PlanLimits): CpuPlan {
  return { passes: cheapestPasses(chain, parts, limits).stages };
}

/** The passes of {@link planForCpu}, with their cycles on one thread for a {@link TILE} of vectors. */
export function cheapestPasses(
  chain: Chain,
  parts: 1 | 2,
  { merges = true }: PlanLimits = {},
): Division<PassPlan> {
  const tiles = PANEL / TILE;
  const weightCycles = linesCycles(4 * parts * chain.nonZeros) / 16 / tiles;
  const features = Math.max(chain.rows, chain.cols, ...chain.patterns.map(({ rows }) => rows));
  const between = linesCycles(2 * 4 * parts * PANEL * features);
  const ends = CACHES[3].cyclesOfLine;

  const stageCost = (from: number, to: number, inCache: number): number => {
    const { b, c, blocks, rows, cols, nonZeros } = chain.product(from, to);
    const tilesOfBlock = parts === 2 ? b : Math.ceil(b / 2);
    const multiplyAdds = parts === 2 ? 8 : 4;
    return (
      blocks * (tilesOfBlock * (c * multiplyAdds + TILE_CYCLES) + BLOCK_CYCLES / tiles) +
      parts * (rows + cols) * inCache +
      parts * nonZeros * weightCycles
    );
  };
  const passCandidates = function* (from: number, to: number): Iterable<Candidate<PassPlan>> {
    // Factors that are not chainable share no blocks.
    if (!chain.isChainable(from, to)) return;
    const { a, d, blocks, rows, cols } = chain.product(from, to);
    const local = Math.max(...chain.patterns.slice(from, to).flatMap((p) => [p.rows, p.cols]));
    const inCache = linesCycles((2 * 4 * parts * TILE * local) / (a * d));
    const [stages] = divideChain(to - from, function* (first, end) {
      const run = { from: from + first, to: from + end };
      if (end - first > 1) {
        if (!merges) return;
        const before = chain.patterns.slice(run.from, run.to);
        const values = before.reduce((sum, { nonZeros }) => sum + nonZeros, 0);
        if (chain.product(run.from, run.to).nonZeros > MOST_GROWTH * values) return;
      }
      yield { stage: run, cost: stageCost(run.from, run.to, inCache) };
    });
    if (stages === undefined) return;
    const reads = to === chain.length ? ends : between;
    const writes = from === 0 ? ends : between;
    const cost =
      stages.cost + parts * (cols * reads + rows * writes) + (blocks * PASS_CYCLES) / tiles;
    yield { stage: { from, to, stages: stages.stages }, cost };
  };
  const [best] = divideChain(chain.length, passCandidates);
  return best as Division<PassPlan>;
}

/** Cycles for a line of 64 bytes out of as many bytes as are in use. */
function linesCycles(bytes: number): number {
  return (CACHES.find((cache) => bytes <= cache.bytes) ?? CACHES[3]).cyclesOfLine;
}
