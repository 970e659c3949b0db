/**
 * Shapes of the kernel. All read x and dy strided in place, sum over the batch in registers in float32, and divide
 * the batch into `parts`, each summed by workgroups of its own into a gradient of its own.
 */
export type FactorGradientVariant = RegisterFactorGradient | WorkgroupFactorGradient;

/** No workgroup memory, no barriers: an invocation owns `tile` x `spans` values of a block and walks the batch. */
export interface RegisterFactorGradient {
  readonly kind: "register";
  /**
   * Axis along which neighbouring invocations run: the `c` inputs of a block, its `b` outputs, or the `a d` blocks.
   */
  readonly lanes: "inputs" | "outputs" | "blocks";
  /** Values of each invocation across `lanes`; of `blocks`, along the outputs. */
  readonly tile: number;
  /** Values of each invocation along `lanes`; of `blocks`, along the inputs. */
  readonly spans: number;
  /** Vectors of the batch that one turn of the loop takes; divides the count, and the batch where this is last. */
  readonly turn: 1 | 2 | 4;
  /**
   * Numbers of a load when batch-first: features along `lanes` where `d` is 1, of which it divides `spans`; neighbouring
   * blocks for `blocks`, of which it divides `d`. Batch-last a load takes a turn.
   */
  readonly vector: 1 | 2 | 4;
  /**
   * How the operand across `lanes` arrives: `load` reads it in every invocation; a number is a fixed subgroup size,
   * whose invocations share the loads and broadcast.
   */
  readonly broadcast: "load" | number;
  /** Invocations of a workgroup; a multiple of the subgroup size where that is used. */
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
  const { lanes, tile, spans, turn, vector, broadcast, workgroup, parts } = variant;
  const shared = broadcast === "load" ? "load" : `subgroup${broadcast}`;
  return `${lanes}-t${tile}s${spans}n${turn}v${vector}-${shared}-w${workgroup}-p${parts}`;
}
