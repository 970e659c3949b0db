import { CpuModel } from "../backends/cpu/cpu-model.ts";
import type { RunInputs } from "../graph/executable.ts";
import type { Graph } from "../graph/graph.ts";
import { operationsOf } from "../operations/operation.ts";

/** What a model is given, of which the inputs of its layers are found. */
export interface Calibration {
  /** Traced from the model, for this alone: outputs are added to it. */
  readonly graph: Graph;
  readonly inputs: RunInputs;
}

/** Inputs of layers, `[features, vectors]` each, by the layers' paths. */
export type LayerInputs = ReadonlyMap<string, Float32Array>;

/** Runs a model on the CPU and keeps what goes into its linear layers. */
export async function layerInputs(
  { graph, inputs }: Calibration,
  paths: ReadonlySet<string>,
): Promise<LayerInputs> {
  const names = new Map<string, string>();
  for (const operation of operationsOf(graph)) {
    if (operation.kind !== "linear" || !paths.has(operation.path)) continue;
    const name = `input of ${operation.path}`;
    if (names.has(operation.path)) continue;
    names.set(operation.path, name);
    graph.output(name, operation.x);
  }
  const outputs = await new CpuModel(graph).run(inputs);
  return new Map(
    [...names].map(([path, name]) => {
      const value = graph.outputs.get(name);
      return [path, transposed(outputs[name] as Float32Array, value?.features ?? 1)];
    }),
  );
}

function transposed(vectors: Float32Array, features: number): Float32Array {
  const count = vectors.length / features;
  const result = new Float32Array(vectors.length);
  for (let vector = 0; vector < count; vector++) {
    for (let feature = 0; feature < features; feature++) {
      result[feature * count + vector] = vectors[vector * features + feature] as number;
    }
  }
  return result;
}
