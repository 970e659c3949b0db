import { type BatchShape, PapilioError, type StorageDtype } from "@papilio/butterfly";
import { requireObject } from "@papilio/butterfly/errors";
import { type Strides, stridesOf } from "@papilio/butterfly/numeric";
import {
  type Check,
  checks,
  requireCounts,
  requireMultiple,
  requireNumber,
  requireProblem,
} from "../problem-checks.ts";

/**
 * Scaled dot-product attention with grouped queries, of `sequences` sequences that lie one after the
 * other: `y = softmax(scale q kᵀ) v` for each head of each sequence.
 *
 * Query `t` of sequence `s` is vector `s * queries + t` of q and of y, key `u` is vector
 * `s * keys + u` of k and v. Head `h` has the features from `h * headFeatures` on, and the keys of
 * head `floor(h * keyValueHeads / heads)`.
 */
export interface AttentionProblem {
  readonly sequences: number;
  /** Queries of a sequence. */
  readonly queries: number;
  /** Keys of a sequence that there is room for. */
  readonly keys: number;
  readonly heads: number;
  /** A divisor of `heads`. */
  readonly keyValueHeads: number;
  /** Features of a head, in q and k as in v. */
  readonly headFeatures: number;
  /** By what the products of queries and keys are multiplied, often `1 / √headFeatures`. */
  readonly scale: number;
  /**
   * Whether query `t` sees the keys `u <= t + offset` alone, where the offset is `position[0]` or,
   * without a position, `keys - queries`.
   */
  readonly causal: boolean;
  readonly dtype: "f32" | "f16";
  /** How each operand lies in memory; `batch`, the vectors of it, may be more than those that count. */
  readonly q: BatchShape;
  readonly k: BatchShape;
  readonly v: BatchShape;
  readonly y: BatchShape;
  /** Whether a binding says how many keys precede the first query: keys up to the last query count. */
  readonly position: boolean;
  /** Whether a binding says for each sequence how many of its keys count. */
  readonly lengths: boolean;
  /** Where the keys and values are in pages of a pool that sequences share, which a binding lists for each. */
  readonly pages?: AttentionPages | undefined;
}

/** A pool of vectors, in pages. */
export interface AttentionPages {
  /** Vectors of a page, a divisor of `keys`. Key `u` of a sequence is in the page `u / size` of its list. */
  readonly size: number;
  /** Pages of the pool. */
  readonly count: number;
}

const pagesCheck: Check = (name, value) => {
  requireObject(name, value, "an AttentionPages");
  const { size, count } = value as Partial<Record<"size" | "count", unknown>>;
  checks.count(`size of ${name}`, size);
  checks.count(`count of ${name}`, count);
};

/** What a problem is but for how its operands lie in memory. */
export type AttentionSizes = Omit<AttentionProblem, "dtype" | "q" | "k" | "v" | "y">;

/** Elements between vectors and between features of each operand. */
export interface AttentionStrides {
  readonly q: Strides;
  readonly k: Strides;
  readonly v: Strides;
  readonly y: Strides;
}

/** @throws PapilioError `BATCH_INVALID`, `LAYOUT_INVALID` */
export function attentionStrides(problem: AttentionProblem): AttentionStrides {
  const { heads, keyValueHeads, headFeatures } = problem;
  return {
    q: stridesOf(problem.q, heads * headFeatures),
    k: stridesOf(problem.k, keyValueHeads * headFeatures),
    v: stridesOf(problem.v, keyValueHeads * headFeatures),
    y: stridesOf(problem.y, heads * headFeatures),
  };
}

export const requireShape: Check = (_, value) => void stridesOf(value as BatchShape, 1);

/** @throws PapilioError `KERNEL_PROBLEM` where no memory could hold what is asked for */
export function requireAttention(problem: AttentionProblem): void {
  requireProblem("attention", problem, {
    causal: checks.flag,
    dtype: checks.dtype,
    q: requireShape,
    k: requireShape,
    v: requireShape,
    y: requireShape,
    position: checks.flag,
    lengths: checks.flag,
    pages: checks.optional(pagesCheck),
  });
  requireSizes(problem);
  const { queries, keys, q, k, v, y, pages } = problem;
  requireRoom(problem, { q, y }, { q: queries, y: queries });
  if (pages === undefined) {
    requireRoom(problem, { k, v }, { k: keys, v: keys });
    return;
  }
  const { size, count } = pages;
  requireMultiple("attention", ["keys", keys], ["the size of a page,", size]);
  requireRoom({ sequences: 1 }, { k, v }, { k: size * count, v: size * count });
}

/** @throws PapilioError `KERNEL_PROBLEM` */
export function requireSizes(
  problem: Omit<AttentionSizes, "causal" | "position" | "lengths">,
): void {
  const { sequences, queries, keys, heads, keyValueHeads, headFeatures } = problem;
  requireCounts("attention", { sequences, queries, keys, heads, keyValueHeads, headFeatures });
  requireMultiple("attention", ["heads", heads], ["keyValueHeads", keyValueHeads]);
  requireNumber("attention", { scale: problem.scale });
}

/** @throws PapilioError `KERNEL_PROBLEM` unless each operand has so many vectors for each sequence */
export function requireRoom<N extends string>(
  { sequences }: Pick<AttentionSizes, "sequences">,
  shapes: Readonly<Record<N, BatchShape>>,
  needed: Readonly<Record<N, number>>,
): void {
  for (const [name, each] of Object.entries(needed) as [N, number][]) {
    if (shapes[name].batch >= sequences * each) continue;
    throw new PapilioError(
      "KERNEL_PROBLEM",
      `${name} has ${shapes[name].batch} vectors, but ${sequences} sequences of ${each} are ${sequences * each}.`,
      "Give it as many vectors, or more.",
    );
  }
}

/** Bindings of every attention kernel, in order. */
export function attentionBindings({
  dtype,
  position,
  lengths,
  pages,
}: Pick<AttentionProblem, "dtype" | "position" | "lengths" | "pages">): {
  name: string;
  elements: StorageDtype | "u32";
  access: "read" | "read-write";
}[] {
  return [
    { name: "q", elements: dtype, access: "read" },
    { name: "k", elements: dtype, access: "read" },
    { name: "v", elements: dtype, access: "read" },
    { name: "y", elements: dtype, access: "read-write" },
    ...(position ? [{ name: "position", elements: "u32", access: "read" } as const] : []),
    ...(lengths ? [{ name: "lengths", elements: "u32", access: "read" } as const] : []),
    ...(pages ? [{ name: "pages", elements: "u32", access: "read" } as const] : []),
  ];
}
