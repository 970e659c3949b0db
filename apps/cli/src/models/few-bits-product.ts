import type { Butterfly, PermutedButterfly } from "@papilio/butterfly";
import type { FewBits } from "@papilio/butterfly/numeric";
import { Graph } from "@papilio/nn/graph";
import { ButterflyLinear } from "@papilio/nn/layers";
import { workOf } from "@papilio/nn/placement";
import { type BackendChoice, chooseBackend } from "../flags/backend.ts";
import { compileFor, OnDemandAdapter } from "./compute.ts";

/** Where it is asked for, and in what factors are stored. */
interface FewBitsFlags {
  readonly adapter: string;
  readonly backend: string;
  readonly dtype: FewBits;
}

/**
 * Vectors by a butterfly whose factors are in few bits, on the CPU or on an adapter.
 *
 * @param x `[batch, cols]`
 * @returns `[batch, rows]`, and where they were computed
 * @throws PapilioError `FLAG_INVALID`, and what `openGpu` throws
 */
export async function fewBitsProduct(
  { matrix, left, right }: PermutedButterfly<Butterfly>,
  x: Float32Array,
  batch: number,
  { adapter, backend, dtype }: FewBitsFlags,
): Promise<{ readonly y: Float32Array; readonly where: string }> {
  const layer = new ButterflyLinear({ weight: matrix, left, right, bias: false });
  const graph = new Graph();
  const input = graph.input("x", { vectors: batch, features: layer.inFeatures });
  graph.output("y", layer.forward(input));
  const choice: BackendChoice = await chooseBackend(backend, adapter, workOf(graph));
  using opening = new OnDemandAdapter(adapter);
  const gpu = choice.backend === "gpu" ? await opening.open() : undefined;
  using model = await compileFor({ gpu, dtype }, graph);
  const { y } = await model.run({ x });
  const place = gpu === undefined ? "the CPU" : gpu.report.name;
  return { y: y as Float32Array, where: `${place}, factors in ${dtype} (${choice.reason})` };
}
