import type { OnnxBuilder, OnnxValue } from "../onnx-builder.ts";
import type { GatherVectorsOperation } from "./operation.ts";

export function exportGatherVectors(
  { source, indices }: GatherVectorsOperation,
  to: OnnxBuilder,
): OnnxValue {
  const table = "graph" in source ? to.of(source) : to.parameter("weight", source);
  return to.gather(table, to.indices(indices), 0);
}
