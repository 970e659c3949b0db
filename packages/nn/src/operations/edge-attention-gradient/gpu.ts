import { edgeAttentionGradientKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import { edgeAttentionOnDevice } from "../shared/device-edge-attention.ts";
import type { EdgeAttentionGradientOperation } from "./operation.ts";

export function lowerEdgeAttentionGradient(
  operation: EdgeAttentionGradientOperation,
  to: DeviceLowering,
): void {
  const dy = to.of(operation.dy);
  const { problem, vectors, edges } = edgeAttentionOnDevice(operation, to);
  const kernel = edgeAttentionGradientKernel({ ...problem, dy });
  to.push(kernel, [...vectors, dy.memory, ...edges]);
}
