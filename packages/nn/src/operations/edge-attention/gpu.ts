import { edgeAttentionKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import { edgeAttentionOnDevice } from "../shared/device-edge-attention.ts";
import type { EdgeAttentionOperation } from "./operation.ts";

export function lowerEdgeAttention(operation: EdgeAttentionOperation, to: DeviceLowering): void {
  const { problem, vectors, edges } = edgeAttentionOnDevice(operation, to);
  to.push(edgeAttentionKernel(problem), [...vectors, ...edges]);
}
