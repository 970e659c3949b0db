import { requireObject, requireOneOf } from "@papilio/butterfly/errors";
import type { MatrixUnitsShape } from "../matrix-units.ts";
import { type Check, checks, requireMultiple, requireProblem } from "../problem-checks.ts";

/** A shape of the attention kernel. */
export type AttentionVariant =
  | RegisterAttention
  | WorkgroupAttention
  | KeysAttention
  | MatrixAttention;

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

/**
 * Both products on the adapter's matrix units, in half precision with sums in float32: each subgroup has as
 * many queries as a product has rows, a divisor of its invocations, and a workgroup stages keys and values for all
 * of them. Columns of products are keys, then features of values. Weights are rounded to half precision. For a
 * device whose report lists a product from f16 to f32 of these sizes, and has subgroups of one size.
 */
export interface MatrixAttention extends MatrixUnitsShape {
  /** Keys of a tile, a multiple of `unitN` and of `unitK`. */
  readonly keys: number;
}

/**
 * A name for labels and tuning, such as `register 4x16 of 8`.
 *
 * @throws PapilioError `OPTION_INVALID`, `KERNEL_PROBLEM`
 */
export function attentionName(variant: AttentionVariant): string {
  requireAttentionVariant(variant);
  switch (variant.kind) {
    case "register":
      return `register ${variant.queries}x${variant.keys} of ${variant.workgroup}`;
    case "workgroup":
      return `workgroup ${variant.queryThreads}x${variant.keyThreads}, ${variant.queriesEach}x${variant.keysEach} each`;
    case "keys":
      return `keys ${variant.queries}x${variant.keys} of ${variant.workgroup}`;
    case "matrix": {
      const { unitM, unitN, unitK, subgroup, subgroups, keys } = variant;
      return `matrix${subgroup} ${unitM}x${unitN}x${unitK}, ${subgroups}x${keys}`;
    }
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
  matrix: {
    unitM: checks.count,
    unitN: checks.count,
    unitK: checks.count,
    subgroup: checks.count,
    subgroups: checks.count,
    keys: checks.count,
  },
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
  if (variant.kind !== "matrix") return;
  const { unitM, unitN, unitK, subgroup, keys } = variant;
  requireMultiple("attention", ["subgroup", subgroup], ["unitM", unitM]);
  requireMultiple("attention", ["keys", keys], ["unitN", unitN]);
  requireMultiple("attention", ["keys", keys], ["unitK", unitK]);
}
