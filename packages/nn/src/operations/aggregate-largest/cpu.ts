import { aggregateLargest, largestNeighbour } from "@papilio/cpu-runtime/kernels";
import type { SparseMatrix } from "../../adjacency/sparse-matrix.ts";
import { transposed } from "../../adjacency/transposed.ts";
import type { CpuLowering } from "../cpu-lowering.ts";
import { edgesOnCpu } from "../shared/cpu-edges.ts";
import type { AggregateLargestOperation } from "./operation.ts";

export function lowerAggregateLargestOnCpu(
  { x, dy, adjacency, output }: AggregateLargestOperation,
  to: CpuLowering,
): void {
  const { features } = x;
  const sizeOf = ({ rows, cols, nonZeros, values }: SparseMatrix) => ({
    nodes: rows,
    sources: cols,
    edges: nonZeros,
    features,
    weighted: values !== undefined,
  });
  const weightsOf = ({ values }: SparseMatrix) =>
    values === undefined ? [] : [to.constants(values)];
  const there = edgesOnCpu(adjacency, features, "rows", to);
  const chosen = to.between(adjacency.rows, features);
  to.push(largestNeighbour({ ...sizeOf(adjacency), parts: there.parts }), [
    ...[to.of(x), chosen, ...there.spans],
    ...weightsOf(adjacency),
  ]);
  const { matrix } = transposed(adjacency);
  const back = edgesOnCpu(matrix, features, "tiles", to);
  to.push(aggregateLargest({ ...sizeOf(matrix), to: "tiles", parts: back.parts }), [
    ...[to.of(dy), to.define(output), ...back.spans, chosen],
    ...weightsOf(matrix),
  ]);
}
