import { gatherVectorsKernel } from "@papilio/gpu-runtime/kernels";
import type { Parameter } from "../../modules/parameter.ts";
import type { DeviceLowering } from "../device-lowering.ts";
import type { GatherVectorsOperation } from "./operation.ts";

export function lowerGatherVectors(operation: GatherVectorsOperation, to: DeviceLowering): void {
  const { source, indices, output } = operation;
  const vectors = "graph" in source ? to.of(source) : undefined;
  const table = "graph" in source ? undefined : source;
  const y = to.define(output, { layout: "any" });
  const { batch, features, dtype } = y;
  const kernel = gatherVectorsKernel({
    count: indices.length,
    rows: vectors?.batch ?? (table?.shape[0] as number),
    batch,
    features,
    from: vectors?.layout ?? "batch-first",
    to: y.layout,
    dtype,
  });
  const read = vectors?.memory ?? to.parameter(table as Parameter);
  to.push(kernel, [read, to.indices(indices), y.memory], "rewrite");
}
