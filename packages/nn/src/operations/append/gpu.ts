import { appendVectorsKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { AppendOperation } from "./operation.ts";

export function lowerAppend(
  { x, state, position, output }: AppendOperation,
  to: DeviceLowering,
): void {
  const input = to.of(x);
  const kept = to.of(state);
  const kernel = appendVectorsKernel({
    batch: input.batch,
    features: x.features,
    from: input.layout,
    to: kept.layout,
    dtype: kept.dtype,
    vectors: kept.batch,
    ...(position.length === x.vectors && { places: x.vectors }),
  });
  to.push(kernel, [input.memory, kept.memory, to.indices(position)], "rewrite");
  to.alias(output, kept);
}
