import { requireKroneckerSparseVariant } from "./checks.ts";

/**
 * Shapes of the fused kernel. All read the strided inputs in place, accumulate in registers in
 * float32, and write the strided outputs in place: the perfect shuffles are in the addresses.
 */
export type KroneckerSparseVariant =
  | RegisterKroneckerSparse
  | WorkgroupKroneckerSparse
  | VectorKroneckerSparse
  | MatrixKroneckerSparse;

/**
 * No workgroup memory, no barriers: an invocation owns `tile` x `spans * vector` outputs and walks
 * the `c` inputs of its block. Neighbouring invocations differ along `lanes` only, so the other
 * operand is the same for a whole workgroup.
 */
export interface RegisterKroneckerSparse {
  readonly kind: "register";
  /**
   * Axis along which neighbouring invocations run: the `batch` columns, the `b` outputs of one
   * block, or the `a * d` blocks themselves.
   */
  readonly lanes: "batch" | "outputs" | "blocks";
  /** Elements of one load along `lanes`. */
  readonly vector: 1 | 2 | 4;
  /** Loads along `lanes` for each invocation (`blocks`: batch rows for each invocation). */
  readonly spans: number;
  /** Outputs (`outputs`: batch rows) for each invocation, across `lanes`. */
  readonly tile: number;
  /** Inputs taken in one turn of the loop; divides `c`. Weights of few bits take 8, whatever `c` is, and `vector` 1. */
  readonly reduction: number;
  /**
   * How the operand across `lanes` arrives: `load` reads it in every invocation; a number is a
   * fixed subgroup size, whose invocations share the loads and broadcast.
   */
  readonly broadcast: "load" | number;
  /** Invocations along `lanes`; a multiple of the subgroup size when that is used. */
  readonly workgroup: number;
  /**
   * `outputs` lanes, batch-first, with d a multiple of 4: a workgroup computes four neighbouring
   * blocks in turn and writes their outputs, which are contiguous, as vec4.
   */
  readonly coalescedStore: boolean;
}

/**
 * Tiles of both operands staged in workgroup memory, as a matrix product on a GPU does: a
 * workgroup owns `tileM` outputs of each of its blocks for `tileN` batch entries, `tileK` inputs at a time.
 */
export interface WorkgroupKroneckerSparse {
  readonly kind: "workgroup";
  /** Batch entries for each workgroup. */
  readonly tileN: number;
  /** Outputs of one block for each workgroup. */
  readonly tileM: number;
  /** Inputs staged at a time. */
  readonly tileK: number;
  /** Batch entries for each invocation; divides `tileN`. */
  readonly threadN: number;
  /** Outputs for each invocation; divides `tileM`. */
  readonly threadM: number;
  /**
   * Blocks that a workgroup computes side by side, neighbours along `d`: their inputs and outputs are
   * contiguous when batch-first. At most `d`.
   */
  readonly neighbours: number;
}

/**
 * A matrix-vector product for each of a few batch entries: neighbouring invocations share the
 * reduction over `c`, so that a workgroup reads its weights as one stream and few outputs still
 * occupy many invocations. Every invocation holds the whole batch: made for at most 8 entries.
 */
export interface VectorKroneckerSparse {
  readonly kind: "vector";
  /** Inputs of one load, along `c`: 8 of weights of few bits, and of no others. */
  readonly vector: 1 | 2 | 4 | 8;
  /** Invocations that share the reduction of one output; a power of two. */
  readonly splitK: number;
  /** Groups of `splitK` invocations in a workgroup, each with outputs of its own. */
  readonly groups: number;
  /** Outputs for each invocation, which reuse the inputs that it loaded. */
  readonly tile: number;
  /**
   * Where the sums of `splitK` invocations are added up: in workgroup memory, or by shuffles in a subgroup,
   * which is then of fixed size and the whole workgroup.
   */
  readonly reduceScope: "workgroup" | "subgroup";
}

/**
 * Products of the adapter's matrix units, which read their operands straight from memory where rows of
 * them are contiguous there, and else from tiles staged in workgroup memory. For a device whose report
 * lists a product of the problem's dtype with f32 sums, of these sizes, and has subgroups of one size.
 */
export interface MatrixKroneckerSparse {
  readonly kind: "matrix";
  /** Outputs of one product of the units. */
  readonly unitM: number;
  /** Batch entries of one product. */
  readonly unitN: number;
  /** Inputs of one product. */
  readonly unitK: number;
  /** Invocations of a subgroup. */
  readonly subgroup: number;
  /** Products of a subgroup along the outputs of a block. */
  readonly productsM: number;
  /** Products of a subgroup along the batch. */
  readonly productsN: number;
  /** Subgroups of a workgroup along the outputs. */
  readonly subgroupsM: number;
  /** Subgroups of a workgroup along the batch. */
  readonly subgroupsN: number;
  /** Products along the inputs in one turn of the loop. */
  readonly productsK: number;
  /**
   * Blocks that a workgroup computes side by side, neighbours along `d`: their inputs and outputs are
   * contiguous when batch-first. At most `d`.
   */
  readonly neighbours: number;
}

/** Whether a variant reads weights of few bits, a unit of eight inputs at a time, and no others. */
export function readsFewBits(variant: KroneckerSparseVariant): boolean {
  if (variant.kind === "vector") return variant.vector === 8;
  if (variant.kind !== "register") return false;
  const { lanes, vector, reduction } = variant;
  return lanes === "outputs" && vector === 1 && reduction === 8;
}

/** A short name for labels, tuning logs and results. */
export function kroneckerSparseName(variant: KroneckerSparseVariant): string {
  requireKroneckerSparseVariant(variant);
  if (variant.kind === "workgroup") {
    const { tileM, tileN, tileK, threadM, threadN, neighbours } = variant;
    return `workgroup-${tileM}x${tileN}x${tileK}-${threadM}x${threadN}-d${neighbours}`;
  }
  if (variant.kind === "vector") {
    const { vector, splitK, groups, tile, reduceScope } = variant;
    return `vector-v${vector}s${splitK}g${groups}t${tile}-${reduceScope}`;
  }
  if (variant.kind === "matrix") {
    const { unitM, unitN, unitK, subgroup, neighbours } = variant;
    const { productsM, productsN, productsK, subgroupsM, subgroupsN } = variant;
    return `matrix${subgroup}-${unitM}x${unitN}x${unitK}-p${productsM}x${productsN}x${productsK}-s${subgroupsM}x${subgroupsN}-d${neighbours}`;
  }
  const { lanes, vector, spans, tile, reduction, broadcast, workgroup, coalescedStore } = variant;
  const shared = broadcast === "load" ? "load" : `subgroup${broadcast}`;
  const coalesced = coalescedStore ? "-coalesced" : "";
  return `${lanes}-v${vector}s${spans}t${tile}r${reduction}-${shared}-w${workgroup}${coalesced}`;
}
