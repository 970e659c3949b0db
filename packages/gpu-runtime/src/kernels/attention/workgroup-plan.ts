import type { AttentionProblem } from "./problem.ts";
import type { WorkgroupAttention } from "./variant.ts";

/** Features of queries and keys that are staged at once. */
const DEPTH = 16;
/** Numbers of workgroup memory for staged values: 8 KiB. */
const STAGED_VALUES = 2048;

/** What a workgroup of the staging kernel holds. Memory is in numbers, of float32. */
export interface WorkgroupPlan {
  readonly threads: number;
  /** Queries and keys of a tile. */
  readonly queries: number;
  readonly keys: number;
  /** Features of each invocation, and of all: the head's, padded. */
  readonly featuresEach: number;
  readonly features: number;
  /** Features of queries and keys that are staged at once. */
  readonly depth: number;
  /** Values that are staged at once, a divisor of the keys. */
  readonly values: number;
  /** Memory for what is staged, for the weights, and for what invocations of a row exchange. */
  readonly stage: number;
  readonly weights: number;
  readonly exchange: number;
}

export function workgroupPlan(
  { headFeatures }: Pick<AttentionProblem, "headFeatures">,
  { queryThreads, queriesEach, keyThreads, keysEach }: WorkgroupAttention,
): WorkgroupPlan {
  const queries = queryThreads * queriesEach;
  const keys = keyThreads * keysEach;
  const featuresEach = Math.ceil(headFeatures / keyThreads);
  const features = featuresEach * keyThreads;
  let values = keys;
  while (values > 1 && (keys % values !== 0 || values * features > STAGED_VALUES)) values--;
  return {
    threads: queryThreads * keyThreads,
    queries,
    keys,
    featuresEach,
    features,
    depth: DEPTH,
    values,
    stage: Math.max(DEPTH * (queries + keys), values * features),
    weights: queries * keys,
    exchange: queries * keyThreads,
  };
}

/** Workgroup memory that a variant takes, in bytes. */
export function workgroupBytes(
  problem: Pick<AttentionProblem, "headFeatures">,
  variant: WorkgroupAttention,
): number {
  const { stage, weights, exchange } = workgroupPlan(problem, variant);
  return 4 * (stage + weights + exchange);
}
