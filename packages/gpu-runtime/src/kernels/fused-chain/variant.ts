/**
 * Shapes of the fused kernel for a chain of factors. The product of neighbouring factors of a chain
 * is Kronecker-sparse, so it falls apart into independent blocks: nothing between the factors has to
 * leave the invocation, or the workgroup, that computes a block.
 */
export type FusedChainVariant = RegisterFusedChain | WorkgroupFusedChain;

/** An invocation computes a block for a few neighbouring numbers: all that lies between is in registers. */
export interface RegisterFusedChain {
  readonly kind: "register";
  /**
   * Axis along which neighbouring invocations run: the `batch`, where they share a block and its
   * weights, or the `blocks`, for batches too small to fill a subgroup.
   */
  readonly lanes: "batch" | "blocks";
  /**
   * Elements that an invocation computes side by side: neighbouring vectors when batch-last,
   * neighbouring blocks along `d` when batch-first.
   */
  readonly vector: 1 | 2 | 4;
  /**
   * How weights arrive that are the same for a whole workgroup: `load` reads them in every
   * invocation; a number is a fixed subgroup size, whose invocations share the loads and broadcast.
   * Along `blocks` it is `load`.
   */
  readonly broadcast: "load" | number;
  /** Invocations, along `lanes`. */
  readonly workgroup: number;
}

/**
 * A workgroup computes a block for a slice of the batch, in passes over workgroup memory: in a pass
 * each invocation applies a few factors to a few numbers in registers.
 */
export interface WorkgroupFusedChain {
  readonly kind: "workgroup";
  /** Vectors for each workgroup. */
  readonly tileN: number;
  /** Factors of each pass, in the order of the chain, left-most first. They sum up to its length. */
  readonly passes: readonly number[];
  /** Invocations. */
  readonly workgroup: number;
}

/** A short name for labels, tuning logs and results. */
export function fusedChainName(variant: FusedChainVariant): string {
  if (variant.kind === "workgroup") {
    const { tileN, passes, workgroup } = variant;
    return `workgroup-n${tileN}-${passes.join("+")}-w${workgroup}`;
  }
  const { lanes, vector, broadcast, workgroup } = variant;
  const shared = broadcast === "load" ? "load" : `subgroup${broadcast}`;
  return `${lanes}-v${vector}-${shared}-w${workgroup}`;
}
