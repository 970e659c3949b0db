import { append } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { AppendOperation } from "./operation.ts";

export function lowerAppendOnCpu(
  { x, state, position, output }: AppendOperation,
  to: CpuLowering,
): void {
  const { vectors, features } = x;
  const kept = to.state(state, "tiles");
  const call = append({
    ...{ vectors, features, stateVectors: state.vectors },
    each: position.length > 1,
  });
  to.push(call, [to.of(x), kept, to.indices(position)], "rewrite");
  to.alias(output, kept);
}
