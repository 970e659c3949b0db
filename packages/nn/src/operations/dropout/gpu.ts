import { dropoutKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { DropoutOperation } from "./operation.ts";

export function lowerDropout(operation: DropoutOperation, to: DeviceLowering): void {
  const { rate, stream } = operation;
  const x = to.of(operation.x);
  const y = to.define(operation.output, { layout: "any" });
  const { batch, features, dtype } = y;
  const layouts = { from: x.layout, to: y.layout };
  const kernel = dropoutKernel({ batch, features, ...layouts, dtype, rate, stream });
  to.push(kernel, [x.memory, y.memory, to.indices(operation.seed)]);
}
