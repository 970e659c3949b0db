import {
  requireArray,
  requireBoolean,
  requireFunction,
  requireProgress,
} from "../errors/argument-checks.ts";

import { describeValue } from "../errors/describe-value.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import type { Butterfly } from "../matrix/butterfly.ts";
import type { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import type { AnyButterfly } from "../matrix/permuted-butterfly.ts";
import type { Complex } from "../numeric/complex.ts";
import type { FloatArray } from "../numeric/float-array.ts";
import { safeExponent, timesPowerOfTwo } from "../numeric/powers-of-two.ts";
import { Chain } from "../pattern/chain.ts";
import { boundCandidates, isSmall } from "./bound-candidates.ts";
import { paddedSize, radicesFor } from "./candidates.ts";
import { ChainFront, type ChainPoint } from "./chain-front.ts";
import type { Factorization, FactorizeOptions } from "./factorize.ts";
import { padMatrix } from "./pad.ts";
import { arraysOf, mapParts, partsOf, toDense } from "./parts.ts";
import { SearchClock } from "./search-clock.ts";
import { validateTarget } from "./target.ts";
import { Trials } from "./trials.ts";

export interface ChainSearchOptions
  extends Pick<FactorizeOptions, "signal" | "onProgress" | "threads" | "kernels"> {
  /** Most stored values, over those of the dense matrix; 1 unless given. */
  readonly maxParameters?: number;
  /**
   * Largest relative error; the chain with the fewest values is then the best whose factors, as they are,
   * are within it.
   */
  readonly maxError?: number;
  /**
   * Seconds after which the best by then is returned; all candidates are tried unless given. With one
   * thread a large block under way is finished first.
   */
  readonly timeLimit?: number;
  /**
   * Whether chains of a larger size are looked at too where the rows or the columns, such as a prime number
   * of them, divide in few ways. They are for the matrix that {@link padMatrix} makes of it. False unless given.
   */
  readonly pad?: boolean;
  /**
   * The error that is compared with `maxError`, where it is not that of the factors as they are: of what is
   * stored of them in fewer digits.
   */
  readonly errorOf?: (matrix: AnyButterfly) => number | Promise<number>;
  /** Called with the front by now, each time that a chain joins it; waited for. */
  readonly onFront?: (front: readonly ChainPoint[]) => void | Promise<void>;
  /** Called with each factorization within the limits that is better than those before; waited for. */
  readonly onBest?: (best: Factorization<AnyButterfly>) => void | Promise<void>;
}

export interface ChainSearch<M> {
  /** The chains that no other one dominates in both, by parameters, ascending. */
  readonly front: readonly ChainPoint[];
  /** The best factorization within the limits, its time with the search; undefined where there is none. */
  readonly best: Factorization<M> | undefined;
  /** Seconds that it took. */
  readonly seconds: number;
  /** Whether there was no time to try all that might have been better. */
  readonly isCutShort: boolean;
}

/**
 * Looks for the chain that is best for a matrix: all Monarch chains with blocks that are not too
 * oblong, of every rank, whose errors are known in closed form, and longer chains where their lower
 * bound leaves room, those first that promise the most. Takes the eigenvalues of the blocks of each
 * partition, and a factorization for each longer chain that is tried.
 *
 * @param dense `[rows, cols]` row-major
 * @throws PapilioError `DENSE_LENGTH`, `MATRIX_NOT_FINITE`, `SEARCH_LIMIT`, `ARRAY_TYPE`; the signal's reason when it
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
  const { maxParameters = 1, maxError = Number.POSITIVE_INFINITY } = options;
  const { timeLimit = Number.POSITIVE_INFINITY, signal, threads, onProgress } = options;
  const { pad = false, kernels, errorOf, onFront, onBest } = options;
  if (kernels !== undefined) requireArray("The kernels", kernels, "Uint8Array");
  requireBoolean("pad", pad);
  for (const [name, given] of Object.entries({ errorOf, onFront, onBest })) {
    if (given !== undefined) requireFunction(name, given);
  }
  requireLimit("maxParameters", maxParameters);
  requireLimit("maxError", maxError);
  requireLimit("timeLimit", timeLimit);
  signal?.throwIfAborted();
  validateTarget(dense, Chain.ofRadices({ rows: [rows], cols: [cols] }));
  using clock = new SearchClock(timeLimit, signal, onProgress);
  const given = partsOf(dense);
  const exponent = safeExponent(arraysOf(given));
  const whole = mapParts(given, (part) => timesPowerOfTwo(part, exponent));
  const size = rows * cols;
  const own = { rows, cols };
  const larger = { rows: paddedSize(rows), cols: paddedSize(cols) };
  const isPadded = pad && (larger.rows > rows || larger.cols > cols);
  const front = new ChainFront(given.re, onFront);
  const isAnytime = onBest !== undefined || Number.isFinite(timeLimit);
  const limits = { maxError, isAnytime };
  const padded = isPadded ? padMatrix(dense, own, larger) : dense;
  const denseOf = (chain: Chain): typeof dense =>
    chain.rows === rows && chain.cols === cols ? dense : padded;
  const trials = new Trials(denseOf, {
    clock,
    front,
    ...limits,
    threads,
    kernels,
    errorOf,
    onBest,
  });
  let unbounded = 0;
  for (const shape of isPadded ? [larger, own] : [own]) {
    const partitions = radicesFor(shape.rows, shape.cols).filter((radices) =>
      isSmall(Chain.ofRadices(radices).nonZeros / size, maxParameters),
    );
    const target = {
      whole: partsOf(padMatrix(toDense(whole), own, shape)),
      size,
      maxParameters,
      kernels,
    };
    unbounded += await boundCandidates(target, partitions, clock, async (candidates) => {
      trials.add(candidates);
      await trials.tryEarly();
    });
  }
  const { best, untried } = await trials.run();
  signal?.throwIfAborted();
  onProgress?.(1);
  const seconds = clock.elapsed;
  return {
    front: front.points,
    best: best && { ...best, seconds },
    seconds,
    isCutShort: unbounded + untried > 0,
  };
}

function requireLimit(name: string, limit: number): void {
  if (typeof limit === "number" && limit >= 0) return;
  throw new PapilioError(
    "SEARCH_LIMIT",
    `The option ${name} is ${describeValue(limit)}.`,
    "Give a share of the dense matrix such as 0.25, a relative error such as 0.05, or seconds.",
  );
}
