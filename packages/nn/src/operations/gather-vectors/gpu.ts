import { gatherVectorsKernel } from "@papilio/gpu-runtime/kernels";
import type { Parameter } from "../../modules/parameter.ts";
import type { DeviceLowering, Table } from "../device-lowering.ts";
import type { GatherVectorsOperation } from "./operation.ts";

export function lowerGatherVectors(operation: GatherVectorsOperation, to: DeviceLowering): void {
  const { source, indices, output } = operation;
  const vectors = "graph" in source ? to.of(source) : undefined;
  const table = "graph" in source ? undefined : to.table(source);
  const y = to.define(output, { layout: "any" });
  const { batch, features, dtype } = y;
  const kernel = gatherVectorsKernel({
    count: indices.length,
    rows: vectors?.batch ?? ((source as Parameter).shape[0] as number),
    batch,
    features,
    from: vectors?.layout ?? "batch-first",
    to: y.layout,
    dtype,
    packing: table?.packing,
    weightDtype: table?.weightDtype,
  });
  const read = (vectors ?? (table as Table)).memory;
  to.push(kernel, [read, to.indices(indices), y.memory], "rewrite");
}
