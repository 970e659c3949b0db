import {
  type AttentionGradientProblem,
  attentionKeysGradient,
  attentionQueriesGradient,
  attentionStatistics,
} from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { memoryOf } from "../shared/memory-of.ts";
import type { AttentionGradientOperation } from "./operation.ts";

export function lowerAttentionGradientOnCpu(
  operation: AttentionGradientOperation,
  to: CpuLowering,
): void {
  const { queries, keys, sequences, heads, keyValueHeads, scale, causal, lengths } = operation;
  const problem: AttentionGradientProblem = {
    ...{ sequences, heads, keyValueHeads, scale, causal },
    queries: queries.vectors / sequences,
    keys: keys.vectors / sequences,
    headFeatures: queries.features / heads,
    lengths: lengths !== undefined,
  };
  const [q, k, v] = [to.of(queries), to.of(keys), to.of(operation.values)];
  const [y, dy] = [to.of(operation.y), to.of(operation.dy)];
  const statistics = to.between(queries.vectors, 2 * heads);
  const counts = memoryOf(to, lengths);
  to.push(attentionStatistics(problem), [q, k, y, dy, statistics, ...counts]);
  const kernel = operation.by === "queries" ? attentionQueriesGradient : attentionKeysGradient;
  const gradients = to.define(operation.output);
  to.push(kernel(problem), [q, k, v, dy, statistics, gradients, ...counts]);
}
