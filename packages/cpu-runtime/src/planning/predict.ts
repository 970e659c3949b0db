import type { BatchShape, Chain } from "@papilio/butterfly";
import {
  requireChain,
  requireOneOf,
  requireOptions,
  requireWhole,
} from "@papilio/butterfly/errors";
import { requireShape } from "@papilio/butterfly/numeric";
import { availableThreads } from "@papilio/butterfly/threads";
import { FEW_VECTORS, TILE } from "../wasm/constants.ts";
import { cheapestPasses, WORK_OF_THREAD } from "./plan.ts";

export interface PredictCpuOptions {
  /** Threads that multiply, at most; as many as there are processors unless given. */
  readonly threads?: number;
  /** Numbers that make an element: 1 real, which is the default, or 2 complex. */
  readonly parts?: 1 | 2;
}

/** Of a core: with 2 threads of an EPYC, which results/cpu-two-cores.md is of, 28 G multiply-adds a second. */
const CYCLES_PER_SECOND = 3.5e9;
/** Measured seconds over those of the model's cycles: the median over that file's 108 cases of 16 vectors or more. */
const SLOWER = 1.35;
/** Of a tile's time, which {@link FEW_VECTORS} multiplied one by one take: the same file's median. */
const FEW_TILES = 0.33;
/** Overhead of a call. */
const CALL_SECONDS = 5e-6;

/**
 * Predicts how long a matrix that was compiled for the CPU takes to multiply by a chain, from the cost model by which it plans. It is
 * within a factor of two of most measured times: enough to compare with a GPU.
 *
 * @returns seconds of a multiplication whose values are packed
 * @throws PapilioError `BATCH_INVALID`, `OPTION_INVALID`
 *
 * @example
 * ```ts
 * predictCpuSeconds(Chain.monarch(1024), { batch: 128, layout: "batch-last" }, { threads: 2 });
 * ```
 */
export function predictCpuSeconds(
  chain: Chain,
  shape: BatchShape,
  options: PredictCpuOptions = {},
): number {
  requireChain("The chain", chain);
  requireShape(shape);
  requireOptions("The options", options);
  const { batch } = shape;
  const { threads = availableThreads(), parts = 1 } = options;
  requireWhole("The number of threads", threads, 1);
  requireOneOf("The numbers of an element", parts, [1, 2]);
  const { cost } = cheapestPasses(chain, parts);
  const tiles = batch <= FEW_VECTORS ? FEW_TILES : Math.ceil(batch / TILE);
  const work = parts ** 2 * chain.nonZeros * Math.max(FEW_VECTORS, batch);
  const used = Math.min(threads, 1 + Math.floor(work / WORK_OF_THREAD));
  return CALL_SECONDS + (SLOWER * cost * tiles) / CYCLES_PER_SECOND / used;
}
