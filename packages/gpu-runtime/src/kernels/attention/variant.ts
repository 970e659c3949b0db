/** A shape of the attention kernel. */
export type AttentionVariant = RegisterAttention;

/**
 * Invocations along the queries, each with the scores of its queries for a tile of keys in
 * registers. The sums of values lie in memory that an invocation has for itself: no barriers.
 */
export interface RegisterAttention {
  readonly kind: "register";
  /** Queries of an invocation, `workgroup` apart. */
  readonly queries: number;
  /** Keys of a tile: with a broadcast, a multiple of the subgroup's size. */
  readonly keys: number;
  /** Invocations. With a broadcast, a multiple of the subgroup's size. */
  readonly workgroup: number;
  /**
   * How invocations come by the numbers of keys and values, which are the same for all: each loads
   * them, or the members of a subgroup of this very size load one each and broadcast it.
   */
  readonly broadcast: "load" | number;
  /** Where the sums of values are. */
  readonly sums: "workgroup" | "private";
}
