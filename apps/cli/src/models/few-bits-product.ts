import type { Butterfly, PermutedButterfly } from "@papilio/butterfly";
import { CpuModel, CpuWeightStore } from "@papilio/nn/backends";
import { Graph } from "@papilio/nn/graph";
import { ButterflyLinear } from "@papilio/nn/layers";

/**
 * Vectors by a butterfly whose factors are in few bits, on the CPU.
 *
 * @param x `[batch, cols]`
 * @returns `[batch, rows]`
 */
export async function fewBitsProduct(
  { matrix, left, right }: PermutedButterfly<Butterfly>,
  x: Float32Array,
  batch: number,
  dtype: "q8" | "q4",
): Promise<Float32Array> {
  const layer = new ButterflyLinear({ weight: matrix, left, right, bias: false });
  const graph = new Graph();
  const input = graph.input("x", { vectors: batch, features: layer.inFeatures });
  graph.output("y", layer.forward(input));
  using model = new CpuModel(graph, { kernels: "wasm", weights: new CpuWeightStore({ dtype }) });
  const { y } = await model.run({ x });
  return y as Float32Array;
}
