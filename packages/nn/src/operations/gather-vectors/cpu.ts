import { gatherVectors } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { GatherVectorsOperation } from "./operation.ts";

/** A table that the graph multiplies by too, as a head, is read from the packed weights. */
export function lowerGatherVectorsOnCpu(
  { source, indices, output }: GatherVectorsOperation,
  to: CpuLowering,
): void {
  const { vectors, features } = output;
  const at = to.indices(indices);
  if ("graph" in source) {
    const call = gatherVectors({ vectors, features, rows: source.vectors, source: "vectors" });
    to.push(call, [to.of(source), at, to.define(output)], "rewrite");
    return;
  }
  const rows = source.shape[0] as number;
  const packed = to.packedTable(source);
  const call = gatherVectors({ vectors, features, rows, source: packed?.weights ?? "table" });
  to.push(call, [packed?.span ?? to.parameter(source), at, to.define(output)], "rewrite");
}
