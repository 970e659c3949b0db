import { range } from "../wgsl.ts";
import type { FactorGradientProblem } from "./problem.ts";
import { loadsOfRun } from "./run-loads.ts";
import type { LanesFactorGradient } from "./variant.ts";

/** What an invocation computes. */
interface Tile extends Pick<LanesFactorGradient, "lanes" | "tile" | "spans" | "group"> {
  /** Tiles of a block, or of a group of blocks. */
  readonly tiles: number;
}

/** How invocations go over the batch and share what they read. */
interface Invocations extends Pick<LanesFactorGradient, "turn" | "workgroup"> {
  /** Size of the subgroups that share loads, if any does. */
  readonly subgroup: number | null;
}

/**
 * Sums of an invocation at most: where loads are shared, more than registers, for each is used for a turn. Small
 * problems have fewer: the time to compile so long a loop, a second, would not come back.
 */
const MOST_SUMS = { shared: 128, apart: 32 };
const SMALL = 2 ** 22;
/** Members of a subgroup for which so many sums pay: SwiftShader has four, and is as fast with fewer. */
const MEMBERS = 8;
const MOST_SPANS = 4;
const MOST_TILE = 32;

/**
 * Instructions of lavapipe (Mesa 25), read from its machine code: it loads for one invocation after another, each under
 * a branch, and each number of a load under one more; a product is two instructions for a whole subgroup.
 */
const COST = { load: 9, number: 7, product: 2.5, broadcast: 3 };
/** The same for a load of a cache line of which it needs little: batch-first, the numbers of a block are `d` apart. */
const MOST_FAR = 8;

/**
 * The tile of least cost by that count. The larger a tile, the more products there are for what it loads; what does not
 * divide a block is computed for nothing.
 */
export function bestTile(problem: FactorGradientProblem, invocations: Invocations): Tile {
  const costed = candidatesOf(problem, invocations).map((tile) => ({
    tile,
    cost: costOf(problem, tile, invocations),
  }));
  return costed.reduce((least, other) => (other.cost < least.cost ? other : least)).tile;
}

/** Whether a problem is large, on an adapter where many sums pay. */
export function isLarge(
  { pattern, count }: FactorGradientProblem,
  subgroup: number | null,
): boolean {
  return subgroup !== null && subgroup >= MEMBERS && count * pattern.nonZeros > SMALL;
}

/** Tiles that divide a side evenly, or into tiles of nearly equal size. */
function candidatesOf(
  problem: FactorGradientProblem,
  { workgroup, subgroup }: Invocations,
): Tile[] {
  const { pattern, layout } = problem;
  const { b, c, d } = pattern;
  const most = isLarge(problem, subgroup) ? MOST_SUMS.shared : MOST_SUMS.apart;
  const groups =
    layout === "batch-last"
      ? [1]
      : [1, 2, 3, 4].filter((group) => group === d || (group !== 3 && d % group === 0));
  return (["inputs", "outputs"] as const).flatMap((lanes) => {
    const [along, across] = lanes === "inputs" ? [c, b] : [b, c];
    return groups.flatMap((group) =>
      range(MOST_SPANS).flatMap((fewer) => {
        const spans = fewer + 1;
        const largest = Math.min(MOST_TILE, across, Math.floor(most / (spans * group)));
        if (largest < 1) return [];
        const alongTiles = Math.ceil(along / (workgroup * spans));
        const fewest = Math.ceil(across / largest);
        const sizes = new Set([fewest, fewest + 1].map((count) => Math.ceil(across / count)));
        return [...sizes].map((tile) => ({
          ...{ lanes, tile, spans, group },
          tiles: alongTiles * Math.ceil(across / tile),
        }));
      }),
    );
  });
}

/** Instructions for a vector of the batch, of all neighbouring blocks together. */
function costOf(
  problem: FactorGradientProblem,
  { lanes, tile, spans, group, tiles }: Tile,
  { turn, workgroup, subgroup }: Invocations,
): number {
  const { b, c, d } = problem.pattern;
  const batchLast = problem.layout === "batch-last";
  const [along, across] = lanes === "inputs" ? [c, b] : [b, c];
  const loads = (size: number, run: number, shared: number): number => {
    const { width, loads } = loadsOfRun(problem, { size, run, group, turn });
    const far = batchLast || d === 1 ? 0 : Math.min(d, MOST_FAR);
    const each = COST.load + COST.number * width + far;
    return (Math.ceil(loads / shared) * each * workgroup) / (batchLast ? turn : 1);
  };
  const products = tile * group * (COST.product * spans + COST.broadcast);
  const perTile = loads(along, spans, 1) + loads(across, tile, subgroup ?? 1) + products;
  return (perTile * tiles * d) / group;
}
