import type { Pattern } from "@papilio/butterfly";
import type { WorkgroupKroneckerSparse } from "./variant.ts";

/** How a kernel that stages tiles divides its workgroup and its memory. */
export interface WorkgroupPlan {
  /** Invocations of a workgroup: those of a block along the outputs and along the batch, for each neighbour. */
  readonly threadRows: number;
  readonly threadColumns: number;
  readonly threads: number;
  /** Elements from one input of a tile to the next, of x and, for each neighbour, of the weights. */
  readonly inputPitch: number;
  readonly weightPitch: number;
  /** Elements of both tiles. */
  readonly inputs: number;
  readonly weights: number;
  /** Workgroup memory. */
  readonly bytes: number;
}

/** Banks of workgroup memory: as many invocations use it at once where their banks differ. */
const BANKS = 32;

/** The plan of a variant. */
export function workgroupPlan(variant: WorkgroupKroneckerSparse): WorkgroupPlan {
  const { tileM, tileN, tileK, threadM, threadN, neighbours } = variant;
  const threadRows = tileM / threadM;
  const threadColumns = tileN / threadN;
  // What lies between two rows keeps invocations, which take neighbours first, in banks of their own.
  const inputPitch = (tileN + 1) * neighbours;
  const weightPitch = tileM + (neighbours === 1 ? 1 : Math.ceil(BANKS / neighbours));
  const inputs = tileK * inputPitch;
  const weights = tileK * neighbours * weightPitch;
  return {
    threadRows,
    threadColumns,
    threads: threadRows * threadColumns * neighbours,
    inputPitch,
    weightPitch,
    inputs,
    weights,
    bytes: 4 * (inputs + weights),
  };
}

/** Bytes that memory hands over at once. */
export const SECTOR = 32;

/**
 * How many blocks a workgroup takes side by side when batch-first, so that few of the sectors that it reads and
 * writes hold elements of others: all `d`, or as many as fill whole sectors.
 *
 * @param bytes of an element
 * @param most blocks, for what a workgroup holds
 */
export function fillingNeighbours({ d }: Pick<Pattern, "d">, bytes: number, most: number): number {
  let best = 1;
  for (let count = 1; count <= Math.min(d, most); count++) {
    // The fewest that waste as little as any: more of them leave less room for tiles.
    if (sectorsFor(d, count, bytes) < 0.95 * sectorsFor(d, best, bytes)) best = count;
  }
  return best;
}

/** Sectors that runs of `count` neighbours touch in one row of `d` of them, as the mean over its places in memory. */
function sectorsFor(d: number, count: number, bytes: number): number {
  // All neighbours of one input are followed by those of the next.
  if (count === d) return (d * bytes) / SECTOR;
  const places = SECTOR / bytes;
  let sectors = 0;
  for (let row = 0; row < places; row++) {
    for (let first = 0; first < d; first += count) {
      const start = (row * d + first) * bytes;
      const end = (row * d + Math.min(first + count, d)) * bytes;
      sectors += Math.ceil(end / SECTOR) - Math.floor(start / SECTOR);
    }
  }
  return sectors / places;
}
