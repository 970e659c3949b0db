import {
  type AttentionProblem,
  attention,
  attentionParts,
  dividedAttention,
} from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { memoryOf } from "../shared/memory-of.ts";
import { type AttentionOperation, keysOfEach } from "./operation.ts";

export function lowerAttentionOnCpu(operation: AttentionOperation, to: CpuLowering): void {
  const { queries, keys, values, output } = operation;
  const { sequences, heads, keyValueHeads, scale, causal, position, lengths, pages } = operation;
  const problem: AttentionProblem = {
    ...{ sequences, heads, keyValueHeads, scale, causal },
    queries: queries.vectors / sequences,
    keys: keysOfEach(operation),
    headFeatures: queries.features / heads,
    position: position !== undefined,
    lengths: lengths !== undefined,
    pages: pages && { size: pages.size, count: keys.vectors / pages.size },
  };
  const read = [to.of(queries), to.of(keys), to.of(values)];
  const indices = memoryOf(to, position, lengths, pages?.table);
  const parts = attentionParts(problem, to.threads);
  if (parts === 1) {
    to.push(attention(problem), [...read, to.define(output), ...indices]);
    return;
  }
  const { attend, join, partials } = dividedAttention(problem, parts);
  const results = to.between(partials.vectors, partials.features);
  to.push(attend, [...read, results, ...indices]);
  to.push(join, [results, to.define(output), ...indices]);
}
