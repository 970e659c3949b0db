import { requireFunction, requireProgress } from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import type { Butterfly } from "../matrix/butterfly.ts";
import type { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import type { AnyButterfly } from "../matrix/permuted-butterfly.ts";
import type { Complex } from "../numeric/complex.ts";
import type { FloatArray } from "../numeric/float-array.ts";
import { safeExponent, timesPowerOfTwo } from "../numeric/powers-of-two.ts";
import { Chain } from "../pattern/chain.ts";
import type { Radices } from "../pattern/presets.ts";
import { TimeSlicer } from "../threads/time-slicer.ts";
import { radicesFor } from "./candidates.ts";
import { type Factorization, type FactorizeOptions, factorize } from "./factorize.ts";
import { splitAt } from "./hierarchical.ts";
import { arraysOf, mapParts, type Parts, partsOf, squaredNormOf } from "./parts.ts";
import { droppedByRank } from "./split.ts";
import { validateTarget } from "./target.ts";

export interface ChainSearchOptions
  extends Pick<FactorizeOptions, "signal" | "onProgress" | "threads"> {
  /** Most stored values, over those of the dense matrix; 1 unless given. */
  readonly maxParameters?: number;
  /** Largest relative error; the chain with the fewest values is then the best. */
  readonly maxError?: number;
  /** Called with the front by now, each time that a chain joins it; waited for. */
  readonly onFront?: (front: readonly ChainPoint[]) => void | Promise<void>;
}

/** A chain with what it takes and how near it comes. */
export interface ChainPoint {
  readonly chain: Chain;
  /** Stored values over those of the dense matrix. */
  readonly parameters: number;
  /** `|A - B| / |A|` in the Frobenius norm. */
  readonly error: number;
}

export interface ChainSearch<M> {
  /** The chains that no other one dominates in both, by parameters, ascending. */
  readonly front: readonly ChainPoint[];
  /** The best factorization within the limits, its time with the search; undefined where there is none. */
  readonly best: Factorization<M> | undefined;
}

/** A chain that may be on the front, with a lower bound of its error. */
interface Candidate extends ChainPoint {
  /** Whether the bound is reached. */
  readonly exact: boolean;
}

/**
 * Looks for the chain that is best for a matrix: all Monarch chains with blocks that are not too
 * oblong, of every rank, whose errors are known in closed form, and longer chains where their lower
 * bound leaves room. Takes the eigenvalues of the blocks of each partition, and a factorization for
 * each longer chain that is tried.
 *
 * @param dense `[rows, cols]` row-major
 * @throws PapilioError `DENSE_LENGTH`, `MATRIX_NOT_FINITE`, `SEARCH_LIMIT`; the signal's reason when it
 *   aborts
 *
 * @example
 * ```ts
 * const { best, front } = await searchChains(weights, 768, 3072, { maxParameters: 0.25 });
 * ```
 */
export function searchChains<V extends FloatArray>(
  dense: V,
  rows: number,
  cols: number,
  options?: ChainSearchOptions,
): Promise<ChainSearch<Butterfly<V>>>;
export function searchChains<V extends FloatArray>(
  dense: Complex<V>,
  rows: number,
  cols: number,
  options?: ChainSearchOptions,
): Promise<ChainSearch<ComplexButterfly<V>>>;
export function searchChains(
  dense: FloatArray | Complex<FloatArray>,
  rows: number,
  cols: number,
  options?: ChainSearchOptions,
): Promise<ChainSearch<AnyButterfly>>;
export async function searchChains(
  dense: FloatArray | Complex<FloatArray>,
  rows: number,
  cols: number,
  options: ChainSearchOptions = {},
): Promise<ChainSearch<AnyButterfly>> {
  requireProgress(options);
  const { maxParameters = 1, maxError = Number.POSITIVE_INFINITY, ...others } = options;
  const { onProgress, onFront, ...rest } = others;
  if (onFront !== undefined) requireFunction("onFront", onFront);
  requireLimit("maxParameters", maxParameters);
  requireLimit("maxError", maxError);
  rest.signal?.throwIfAborted();
  const start = performance.now();
  validateTarget(dense, Chain.ofRadices({ rows: [rows], cols: [cols] }));
  const partitions = radicesFor(rows, cols).filter(
    (radices) => Chain.ofRadices(radices).nonZeros <= maxParameters * rows * cols,
  );
  const given = partsOf(dense);
  const exponent = safeExponent(arraysOf(given));
  const whole = mapParts(given, (part) => timesPowerOfTwo(part, exponent));
  const candidates = await boundCandidates(
    whole,
    partitions,
    (done) => {
      onProgress?.((0.5 * done) / partitions.length);
    },
    rest.signal,
  );
  const run = (chain: Chain, bounds: boolean): Promise<Factorization<AnyButterfly>> =>
    factorize(dense, chain, { ...rest, bounds });
  let front: readonly ChainPoint[] = [];
  const ordered = candidates
    .filter(({ parameters }) => parameters <= maxParameters)
    .sort((p, q) => p.parameters - q.parameters || p.error - q.error);
  for (const [index, { exact, ...point }] of ordered.entries()) {
    onProgress?.(0.5 + (0.45 * index) / ordered.length);
    if (front.some((other) => dominates(other, point))) continue;
    const reached = exact ? point : { ...point, error: (await run(point.chain, false)).error };
    if (front.some((other) => dominates(other, reached))) continue;
    front = [...front.filter((other) => !dominates(reached, other)), reached];
    await onFront?.(front);
    // A chain with more parameters is not needed once one is within the limits.
    if (reached.error <= maxError && Number.isFinite(maxError)) break;
  }
  const within = front.filter(({ error }) => error <= maxError);
  const choice = Number.isFinite(maxError) ? within[0] : within.at(-1);
  const found = choice && (await run(choice.chain, true));
  const best = found && { ...found, seconds: (performance.now() - start) / 1000 };
  onProgress?.(1);
  return { front, best };
}

function dominates(one: ChainPoint, other: ChainPoint): boolean {
  return one.parameters <= other.parameters && one.error <= other.error;
}

/** Every rank of every partition that takes less than the dense matrix. */
async function boundCandidates(
  whole: Parts,
  partitions: readonly Radices[],
  onPartition: (done: number) => void,
  signal: AbortSignal | undefined,
): Promise<Candidate[]> {
  const slicer = new TimeSlicer(signal);
  const squaredNorm = squaredNormOf(whole);
  const known = new Map<string, Float64Array>();
  const candidates: Candidate[] = [];
  for (const [done, radices] of partitions.entries()) {
    const chain = Chain.ofRadices(radices);
    const entries = chain.rows * chain.cols;
    // For each split, what is dropped by rank. Chains have splits in common.
    const dropped: Float64Array[] = [];
    for (let at = 1; at < chain.length; at++) {
      const split = splitAt(chain, 0, at, chain.length);
      const key = `${split.left} ${split.right}`;
      const found = known.get(key) ?? (await droppedByRank(whole, split, slicer));
      known.set(key, found);
      dropped.push(found);
      onPartition(done);
    }
    const useful = Math.min(...dropped.map(({ length }) => length - 1));
    for (let rank = 1; rank <= useful; rank = nextRank(rank)) {
      const ranked = Chain.ofRadices({ ...radices, rank });
      const parameters = ranked.nonZeros / entries;
      if (parameters >= 1) break;
      const most = Math.max(...dropped.map((byRank) => byRank[rank] as number));
      const error = squaredNorm === 0 ? 0 : Math.sqrt(most / squaredNorm);
      candidates.push({ chain: ranked, parameters, error, exact: chain.length === 2 });
    }
  }
  return candidates;
}

/** All small ranks, and a few of each power of two beyond. */
function nextRank(rank: number): number {
  return rank + Math.max(1, 2 ** (Math.floor(Math.log2(rank)) - 1));
}

function requireLimit(name: string, limit: number): void {
  if (typeof limit === "number" && limit >= 0) return;
  throw new PapilioError(
    "SEARCH_LIMIT",
    `The option ${name} is ${describeValue(limit)}.`,
    "Give a share of the dense matrix such as 0.25, or a relative error such as 0.05.",
  );
}
