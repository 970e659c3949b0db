import {
  attentionKeysGradientKernel,
  attentionQueriesGradientKernel,
  attentionStatisticsKernel,
  chooseAttentionGradient,
  scratchVectors,
} from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import { memoryOf } from "../shared/memory-of.ts";
import type { AttentionGradientOperation } from "./operation.ts";

export function lowerAttentionGradient(
  operation: AttentionGradientOperation,
  to: DeviceLowering,
): void {
  const { queries, keys, sequences, heads, keyValueHeads, scale, causal, lengths, by } = operation;
  const [q, k, v] = [to.of(queries), to.of(keys), to.of(operation.values)];
  const [y, dy] = [to.of(operation.y), to.of(operation.dy)];
  // In float32 whatever the activations are: logarithms in half precision would not do.
  const statistics = scratchVectors(
    { batch: q.batch, features: 2 * heads, layout: q.layout, dtype: "f32" },
    "statistics of attention",
  );
  const gradients = to.define(operation.output, { layout: "any" });
  const sizes = {
    ...{ sequences, heads, keyValueHeads, scale, causal, dtype: gradients.dtype },
    queries: queries.vectors / sequences,
    keys: keys.vectors / sequences,
    headFeatures: queries.features / heads,
    lengths: lengths !== undefined,
  };
  const variant = chooseAttentionGradient(to.gpu.report, sizes);
  const written = by === "queries" ? { dq: gradients } : { dkv: gradients };
  const problem = { ...sizes, shapes: { q, k, v, y, dy, statistics, ...written } };
  const counts = memoryOf(to, lengths);
  to.push(attentionStatisticsKernel(problem, variant), [
    ...[q.memory, k.memory, y.memory, dy.memory, statistics.memory],
    ...counts,
  ]);
  const kernelOf = by === "queries" ? attentionQueriesGradientKernel : attentionKeysGradientKernel;
  to.push(kernelOf(problem, variant), [
    ...[q.memory, k.memory, v.memory, dy.memory, statistics.memory, gradients.memory],
    ...counts,
  ]);
}
