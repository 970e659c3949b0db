/**
 * Shapes of the kernel. All read x and dy strided in place, sum over the batch in registers in float32, and divide
 * the batch into `parts`, each summed by workgroups of its own into a gradient of its own.
 */
export type FactorGradientVariant =
  | LanesFactorGradient
  | BlocksFactorGradient
  | WorkgroupFactorGradient;

/**
 * No workgroup memory, no barriers: an invocation owns `tile` x `spans` values of `group` neighbouring blocks and walks
 * the batch. Neighbouring invocations run along one side of the block, so that all of them need the same numbers of the
 * other operand.
 */
export interface LanesFactorGradient {
  readonly kind: "lanes";
  /** The side of a block along which invocations run: its `c` inputs or its `b` outputs. */
  readonly lanes: "inputs" | "outputs";
  /** Values of each invocation across `lanes`, neighbours. */
  readonly tile: number;
  /** Values of each invocation along `lanes`, neighbours. */
  readonly spans: number;
  /** Neighbouring blocks of each invocation: all `d`, or 1, 2 or 4 of them, which divide `d`; batch-last one. */
  readonly group: number;
  /** Vectors of the batch that one turn of the loop takes; divides the count, and the batch where this is last. */
  readonly turn: 1 | 2 | 4;
  /**
   * How the operand across `lanes` arrives: `load` reads it in every invocation; a number is a fixed subgroup size,
   * whose invocations share the loads and broadcast.
   */
  readonly broadcast: "load" | number;
  /** Invocations of a workgroup; a multiple of the subgroup size where that is used. */
  readonly workgroup: number;
  readonly parts: number;
}

/** As above, for blocks that are too small for a workgroup each: invocations run along the `a d` blocks. */
export interface BlocksFactorGradient {
  readonly kind: "blocks";
  /** Outputs, and inputs, of a block for each invocation. */
  readonly tile: number;
  readonly spans: number;
  readonly turn: 1 | 2 | 4;
  /** Neighbouring blocks of a load when batch-first, of which it divides `d`; batch-last a load takes a turn. */
  readonly vector: 1 | 2 | 4;
  readonly workgroup: number;
  readonly parts: number;
}

/** Tiles of both operands staged in workgroup memory, as a matrix product on a GPU does. */
export interface WorkgroupFactorGradient {
  readonly kind: "workgroup";
  /** Outputs, and inputs, of a block for each workgroup. */
  readonly tileM: number;
  readonly tileN: number;
  /** Vectors staged at a time. */
  readonly tileK: number;
  /** Outputs, and inputs, for each invocation; divide `tileM` and `tileN`. */
  readonly threadM: number;
  readonly threadN: number;
  readonly parts: number;
}

/** A short name for labels. */
export function factorGradientName(variant: FactorGradientVariant): string {
  if (variant.kind === "workgroup") {
    const { tileM, tileN, tileK, threadM, threadN, parts } = variant;
    return `workgroup-${tileM}x${tileN}x${tileK}-${threadM}x${threadN}-p${parts}`;
  }
  const { tile, spans, turn, workgroup, parts } = variant;
  const rest = `n${turn}-w${workgroup}-p${parts}`;
  if (variant.kind === "blocks") return `blocks-t${tile}s${spans}v${variant.vector}${rest}`;
  const { lanes, group, broadcast } = variant;
  const shared = broadcast === "load" ? "load" : `subgroup${broadcast}`;
  return `${lanes}-t${tile}s${spans}g${group}-${shared}-${rest}`;
}
