import {
  type AttentionProblem,
  attentionKernel,
  chooseAttention,
} from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import { memoryOf } from "../shared/memory-of.ts";
import { type AttentionOperation, keysOfEach } from "./operation.ts";

export function lowerAttention(operation: AttentionOperation, to: DeviceLowering): void {
  const { sequences, heads, keyValueHeads, scale, causal, output } = operation;
  const { position, lengths, pages } = operation;
  const q = to.of(operation.queries);
  const k = to.of(operation.keys);
  const v = to.of(operation.values);
  const y = to.define(output, { layout: "any" });
  const problem: AttentionProblem = {
    sequences,
    queries: operation.queries.vectors / sequences,
    keys: keysOfEach(operation),
    heads,
    keyValueHeads,
    headFeatures: operation.queries.features / heads,
    scale,
    causal,
    dtype: y.dtype,
    q,
    k,
    v,
    y,
    position: position !== undefined,
    lengths: lengths !== undefined,
    pages: pages && { size: pages.size, count: operation.keys.vectors / pages.size },
  };
  const variant = to.measured?.attention(problem) ?? chooseAttention(to.gpu.report, problem);
  const kernel = attentionKernel(problem, variant);
  const indices = memoryOf(to, position, lengths, pages?.table);
  to.push(kernel, [q.memory, k.memory, v.memory, y.memory, ...indices]);
}
