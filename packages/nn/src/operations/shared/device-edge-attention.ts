import type { EdgeAttentionProblem } from "@papilio/gpu-runtime/kernels";
import type { Operand } from "@papilio/gpu-runtime/memory";
import type { SparseMatrix } from "../../adjacency/sparse-matrix.ts";
import type { Value } from "../../graph/value.ts";
import type { DeviceLowering } from "../device-lowering.ts";
import { edgesOf } from "./device-operands.ts";
import type { EdgeDropout } from "./edge-dropout.ts";

/** What attention over edges reads, and its gradient. */
interface EdgeAttentionOperands {
  readonly x: Value;
  readonly sources: Value;
  readonly targets: Value;
  readonly adjacency: SparseMatrix;
  readonly heads: number;
  readonly negativeSlope: number;
  readonly dropout?: EdgeDropout | undefined;
  readonly output: Value;
}

/** Attention over edges on a device, or its gradient: the problem, and the operands around those of its own. */
export function edgeAttentionOnDevice(
  { adjacency, heads, negativeSlope, dropout, ...values }: EdgeAttentionOperands,
  to: DeviceLowering,
): {
  readonly problem: EdgeAttentionProblem;
  /** x, y and the scores; then where the edges are, and the seed of dropout. */
  readonly vectors: readonly Operand[];
  readonly edges: readonly Operand[];
} {
  const x = to.of(values.x);
  const [sources, targets] = [to.inLayout(values.sources), to.inLayout(values.targets)];
  const y = to.define(values.output, { layout: "any" });
  return {
    problem: {
      nodes: adjacency.rows,
      sources: adjacency.cols,
      heads,
      headFeatures: x.features / heads,
      negativeSlope,
      dropout,
      from: x.layout,
      to: y.layout,
      dtype: y.dtype,
      batches: {
        from: x.batch,
        to: y.batch,
        sourceScores: sources.batch,
        targetScores: targets.batch,
      },
      scoreLayout: sources.layout,
    },
    vectors: [x.memory, y.memory, sources.memory, targets.memory],
    edges: [
      ...edgesOf(adjacency, to),
      ...(dropout === undefined ? [] : [to.indices(dropout.seed)]),
    ],
  };
}
