import { attention } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { spansOf } from "../shared/cpu-operands.ts";
import type { AttentionOperation } from "./operation.ts";

export function lowerAttentionOnCpu(operation: AttentionOperation, to: CpuLowering): void {
  const { queries, keys, values, output } = operation;
  const { sequences, heads, keyValueHeads, scale, causal, position, lengths } = operation;
  const call = attention({
    ...{ sequences, heads, keyValueHeads, scale, causal },
    queries: queries.vectors / sequences,
    keys: keys.vectors / sequences,
    headFeatures: queries.features / heads,
    position: position !== undefined,
    lengths: lengths !== undefined,
  });
  const operands = [to.of(queries), to.of(keys), to.of(values), to.define(output)];
  to.push(call, [...operands, ...spansOf(to, position, lengths)]);
}
