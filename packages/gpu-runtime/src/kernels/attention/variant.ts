import { requireObject, requireOneOf } from "@papilio/butterfly/errors";
import { type Check, checks, requireProblem } from "../problem-checks.ts";

/** A shape of the attention kernel. */
export type AttentionVariant = RegisterAttention | WorkgroupAttention | KeysAttention;

/**
 * Invocations along the queries, each with the scores of its queries for a tile of keys in
 * registers, and the sums of values in memory of its own: no barriers.
 */
export interface RegisterAttention {
  readonly kind: "register";
  /** Queries of an invocation, `workgroup` apart. */
  readonly queries: number;
  /** Keys of a tile. */
  readonly keys: number;
  /** Invocations. With a broadcast, a multiple of the subgroup's size. */
  readonly workgroup: number;
  /**
   * How invocations come by the numbers of keys and values, which are the same for all: each loads
   * them, or the members of a subgroup of this very size load one each and broadcast it.
   */
  readonly broadcast: "load" | number;
}

/**
 * Tiles of all operands staged in workgroup memory, and `queryThreads * keyThreads` invocations: each has the
 * scores of some queries for some keys, and the sums of the same queries for some features.
 */
export interface WorkgroupAttention {
  readonly kind: "workgroup";
  /** Invocations along the queries, and queries of each. */
  readonly queryThreads: number;
  readonly queriesEach: number;
  /** Invocations along the keys and along the features. */
  readonly keyThreads: number;
  /** Keys of each invocation in a tile. */
  readonly keysEach: number;
  /** Steps of the products in a turn of their loop, where that divides them. */
  readonly unrolled: 1 | 2 | 4;
}

/**
 * Invocations along the keys, for few queries: each attends to keys of its own, and the sums are reduced at the
 * end.
 */
export interface KeysAttention {
  readonly kind: "keys";
  /** Queries, of all heads with the same keys, that a workgroup has at once. */
  readonly queries: number;
  /** Keys of an invocation in a turn, `workgroup` apart. */
  readonly keys: number;
  /** Invocations. */
  readonly workgroup: number;
}

/** A name for labels, such as `register 4x16`. */
export function attentionName(variant: AttentionVariant): string {
  switch (variant.kind) {
    case "register":
      return `register ${variant.queries}x${variant.keys} of ${variant.workgroup}`;
    case "workgroup":
      return `workgroup ${variant.queryThreads}x${variant.keyThreads}, ${variant.queriesEach}x${variant.keysEach} each`;
    case "keys":
      return `keys ${variant.queries}x${variant.keys} of ${variant.workgroup}`;
  }
}

const VARIANTS: Readonly<Record<AttentionVariant["kind"], Readonly<Record<string, Check>>>> = {
  register: {
    queries: checks.count,
    keys: checks.count,
    workgroup: checks.count,
    broadcast: (name, value) => {
      if (value !== "load") checks.count(name, value);
    },
  },
  workgroup: {
    queryThreads: checks.count,
    queriesEach: checks.count,
    keyThreads: checks.count,
    keysEach: checks.count,
    unrolled: checks.oneOf(1, 2, 4),
  },
  keys: { queries: checks.count, keys: checks.count, workgroup: checks.count },
};

/** @throws PapilioError `OPTION_INVALID`, `KERNEL_PROBLEM` */
export function requireAttentionVariant(variant: AttentionVariant): void {
  requireObject("The variant", variant, "a variant of the attention kernel");
  const kind = requireOneOf(
    "The kind of the variant",
    variant.kind,
    Object.keys(VARIANTS) as AttentionVariant["kind"][],
  );
  requireProblem("attention", variant as unknown as Record<string, unknown>, VARIANTS[kind]);
}
