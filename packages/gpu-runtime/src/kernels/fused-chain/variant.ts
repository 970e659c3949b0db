import type { MatrixUnitsShape } from "../matrix-units.ts";

/**
 * Shapes of the fused kernel for a chain of factors. The product of neighbouring factors of a chain
 * is Kronecker-sparse, so it falls apart into independent blocks: nothing between the factors has to
 * leave the invocation, or the workgroup, that computes a block.
 */
export type FusedChainVariant = RegisterFusedChain | WorkgroupFusedChain | MatrixFusedChain;

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

/**
 * A workgroup computes a block for a slice of the batch on the adapter's matrix units, factor by factor, in
 * half precision with sums in float32: rows of products are outputs, their columns vectors. For a device whose
 * report lists a product from f16 to f32 of these sizes, which divide the blocks of all factors, and has
 * subgroups of one size.
 */
export interface MatrixFusedChain extends MatrixUnitsShape {
  /** Vectors for each workgroup, a multiple of `unitN`. */
  readonly tileN: number;
}

/** A short name for labels, tuning logs and results. */
export function fusedChainName(variant: FusedChainVariant): string {
  if (variant.kind === "workgroup") {
    const { tileN, passes, workgroup } = variant;
    return `workgroup-n${tileN}-${passes.join("+")}-w${workgroup}`;
  }
  if (variant.kind === "matrix") {
    const { unitM, unitN, unitK, subgroup, subgroups, tileN } = variant;
    return `matrix${subgroup}-${unitM}x${unitN}x${unitK}-n${tileN}-s${subgroups}`;
  }
  const { lanes, vector, broadcast, workgroup } = variant;
  const shared = broadcast === "load" ? "load" : `subgroup${broadcast}`;
  return `${lanes}-v${vector}-${shared}-w${workgroup}`;
}
