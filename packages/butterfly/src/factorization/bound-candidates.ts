import type { Dropped } from "../linear-algebra/dropped.ts";
import { Chain } from "../pattern/chain.ts";
import type { Radices } from "../pattern/presets.ts";
import { TimeSlicer } from "../threads/time-slicer.ts";
import { boundsOf, type ErrorBounds } from "./bounds.ts";
import { splitAt } from "./hierarchical.ts";
import { type Parts, squaredNormOf } from "./parts.ts";
import { OUT_OF_TIME, type SearchClock, WorkRate } from "./search-clock.ts";
import { droppedByRank } from "./split.ts";
import type { Split } from "./split-task.ts";
import { splitWork } from "./splitter.ts";

/** Of the squared norm, for each row and column of a block: what squares of singular values leave open. */
const SQUARES_ERROR = 2 ** -50;
/** What a block costs beside its multiplications, in as many. */
export const BLOCK_WORK = 3000;
/** The share of the squared error that may be open where it is said to be known. */
const KNOWN = 1 / 64;
/** The share of the time of a search that bounds may take. */
const SHARE = 0.5;

/** A chain that may be good, and what is known of its error before it is tried. */
export interface Candidate {
  readonly chain: Chain;
  /** Stored values over those of the matrix. */
  readonly parameters: number;
  /** Of the error: the best butterfly's is not smaller, that of the factorization not larger. */
  readonly bounds: ErrorBounds;
  /** The error, where it is known from its blocks: that of two factors, but for rounding. */
  readonly error: number | undefined;
}

/** A matrix whose chains are looked at. */
export interface SearchTarget {
  readonly whole: Parts;
  /** Values of the dense matrix, without those that pad it. */
  readonly size: number;
  readonly maxParameters: number;
  /** As `FactorizeOptions` has them. */
  readonly kernels?: Uint8Array | undefined;
}

/**
 * Bounds every rank of each partition that takes less than the dense matrix: those first that are done
 * soon, as far as the time goes.
 *
 * @param onFound called with the candidates of each partition; waited for
 * @returns how many partitions there was no time for
 */
export async function boundCandidates(
  { whole, size, maxParameters, kernels }: SearchTarget,
  partitions: readonly Radices[],
  clock: SearchClock,
  onFound: (candidates: readonly Candidate[]) => Promise<void>,
): Promise<number> {
  const slicer = new TimeSlicer(clock.signal);
  const squaredNorm = squaredNormOf(whole);
  const known = new Map<string, Float64Array>();
  const tasks = partitions
    .map((radices) => ({ radices, work: denseWork(radices) }))
    .sort((p, q) => p.work - q.work);
  let rest = tasks.reduce((sum, { work }) => sum + work, 0);
  // By the work of dense blocks, which is known in advance, and by that of the blocks as they are.
  const [expected, rate] = [new WorkRate(), new WorkRate()];
  let skipped = 0;
  for (const { radices, work } of tasks) {
    const chain = Chain.ofRadices(radices);
    const start = performance.now();
    const byRank: Float64Array[] = [];
    let found: readonly Candidate[] = [];
    try {
      for (let at = 1; at < chain.length; at++) {
        const split = splitAt(chain, 0, at, chain.length);
        const key = `${split.left} ${split.right}`;
        const dropped =
          known.get(key) ?? (await droppedInTime(whole, split, kernels, { slicer, rate, clock }));
        known.set(key, dropped);
        byRank.push(dropped);
      }
      const limits = { size, maxParameters, squaredNorm };
      found = ranksOf(radices, byRank, limits, whole);
    } catch (reason) {
      if (reason !== OUT_OF_TIME) throw reason;
      skipped++;
    }
    expected.add(work, (performance.now() - start) / 1000);
    rest -= work;
    // What comes after it is expected to take as long again.
    clock.report(2 * expected.secondsOf(rest) + clock.elapsed);
    await onFound(found);
  }
  return skipped;
}

interface Timing {
  readonly slicer: TimeSlicer;
  readonly rate: WorkRate;
  readonly clock: SearchClock;
}

/** Throws {@link OUT_OF_TIME} before a block for which there is no time. */
async function droppedInTime(
  whole: Parts,
  split: Split,
  kernels: Uint8Array | undefined,
  { slicer, rate, clock }: Timing,
): Promise<Float64Array> {
  let start = performance.now();
  let under = 0;
  let blocks = split.classes;
  const beforeBlock = (work: number): void => {
    const now = performance.now();
    if (under > 0) rate.add(under, (now - start) / 1000);
    [start, under] = [now, work];
    // The first block stands for all.
    const seconds = rate.secondsOf(work * blocks);
    blocks = 1;
    if (seconds > clock.left(SHARE)) throw OUT_OF_TIME;
  };
  const dropped = await droppedByRank(whole, split, slicer, { kernels, beforeBlock });
  rate.add(under, (performance.now() - start) / 1000);
  return dropped;
}

/** The candidates of a partition, by rank. */
function ranksOf(
  radices: Radices,
  byRank: readonly Float64Array[],
  { size, maxParameters, squaredNorm }: Omit<SearchTarget, "whole"> & { squaredNorm: number },
  { re }: Parts,
): Candidate[] {
  const candidates: Candidate[] = [];
  const useful = Math.min(...byRank.map(({ length }) => length - 1));
  for (let rank = 1; rank <= useful; rank = nextRank(rank)) {
    const chain = Chain.ofRadices({ ...radices, rank });
    const parameters = chain.nonZeros / size;
    if (!isSmall(parameters, maxParameters)) break;
    const dropped = byRank.map((squares, index): Dropped => {
      const { left, right } = splitAt(chain, 0, index + 1, chain.length);
      const open = SQUARES_ERROR * (left.b + right.c) * squaredNorm;
      const square = squares[rank] as number;
      return { dropped: square + open, least: Math.max(0, square - open) };
    });
    const bounds = boundsOf(chain, dropped, 0, squaredNorm, { oneSided: true, type: re });
    candidates.push({ chain, parameters, bounds, error: errorOf(dropped, squaredNorm) });
  }
  return candidates;
}

/** The error of two factors; undefined where it is open, and of more factors. */
function errorOf(dropped: readonly Dropped[], squaredNorm: number): number | undefined {
  const [only, ...others] = dropped;
  if (only === undefined || others.length > 0) return undefined;
  if (squaredNorm === 0) return 0;
  const square = (only.dropped + only.least) / 2;
  if (only.dropped - square > KNOWN * square) return undefined;
  return Math.sqrt(square / squaredNorm);
}

/** Whether so many parameters are within a limit, and fewer than those of the matrix. */
export function isSmall(parameters: number, maxParameters: number): boolean {
  return parameters < 1 && parameters <= maxParameters;
}

/** All small ranks, and a few of each power of two beyond. */
function nextRank(rank: number): number {
  return rank + Math.max(1, 2 ** (Math.floor(Math.log2(rank)) - 1));
}

function denseWork(radices: Radices): number {
  const chain = Chain.ofRadices(radices);
  let sum = 0;
  for (let at = 1; at < chain.length; at++) {
    const split = splitAt(chain, 0, at, chain.length);
    sum += split.classes * (splitWork(split) + BLOCK_WORK);
  }
  return sum;
}
