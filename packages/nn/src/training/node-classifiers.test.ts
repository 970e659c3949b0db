import { expect, it } from "vitest";
import { adjacencyOf } from "../adjacency/adjacency.ts";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { GAT, GCN, GraphSAGE } from "../models/node-classifiers.ts";
import type { Parameter } from "../modules/parameter.ts";
import { difference, numbers } from "../testing/draw.ts";
import { gradient } from "./gradient.ts";
import { crossEntropy } from "./losses.ts";

const [FEATURES, CLASSES] = [6, 3];
// Two triangles with a bridge, and a node that has no neighbour.
const adjacency = adjacencyOf({
  nodes: 8,
  edges: [0, 1, 1, 2, 2, 0, 2, 3, 3, 4, 4, 5, 5, 3, 5, 6],
});
/** The last node has no label. */
const labels = Uint32Array.of(0, 2, 1, 1, 0, 2, 2, CLASSES);

const config = { inFeatures: FEATURES, hidden: 8, classes: CLASSES, seed: 3 };
const MODELS = {
  GCN: () => new GCN(config),
  GraphSAGE: () => new GraphSAGE(config),
  GAT: () => new GAT({ ...config, heads: 2 }),
};

/** Numbers to which steps can be added in float32. */
function onGrid(length: number, seed: number): Float32Array<ArrayBuffer> {
  return numbers(length, seed).map((number) => Math.round(2 ** 8 * number) / 2 ** 8);
}

/** Two steps, exact in float32, of which the errors of the second order cancel (Richardson). */
const STEP = 2 ** -12;

it.each(Object.entries(MODELS))(
  "the gradient of %s is that of central differences",
  async (_, make) => {
    const model = make();
    const graph: Graph = model.trace({ adjacency });
    const loss = crossEntropy(graph.outputs.get("logits") as Value, graph.indices("labels", 8), {
      ignored: CLASSES,
    });
    const biases = [...model.namedParameters()].filter(([name]) => name.endsWith("bias"));
    expect(biases.length).toBe(2);
    for (const [at, [, bias]] of biases.entries()) {
      bias.values.set(onGrid(bias.length, 5 + at));
    }
    const of = [graph.inputs.get("features") as Value, ...biases.map(([, bias]) => bias)];
    graph.output("loss", loss);
    for (const [at, value] of gradient(graph, loss, of).entries()) {
      graph.output(`gradient${at}`, value);
    }
    const features = onGrid(8 * FEATURES, 4);
    const exact = new CpuModel(graph, { precision: "float64" });
    const run = (): Readonly<Record<string, ArrayLike<number>>> =>
      exact.runNow({ features, labels });
    const found = run();
    for (const [at, each] of of.entries()) {
      const values = at === 0 ? features : (each as Parameter).values;
      const analytic = found[`gradient${at}`] as ArrayLike<number>;
      // A handful of them, of all places.
      for (let index = at; index < values.length; index += at === 0 ? 5 : 2) {
        const start = values[index] as number;
        const slope = (step: number): number => {
          values[index] = start + step;
          const above = run().loss?.[0] as number;
          values[index] = start - step;
          const below = run().loss?.[0] as number;
          values[index] = start;
          return (above - below) / (2 * step);
        };
        const right = (4 * slope(STEP / 2) - slope(STEP)) / 3;
        expect(Math.abs((analytic[index] as number) - right)).toBeLessThanOrEqual(1e-8);
      }
    }
    using kernels = new CpuModel(graph, { kernels: "wasm" });
    const single = await kernels.run({ features, labels });
    for (const [name, right] of Object.entries(found)) {
      const { error, magnitude } = difference(single[name] as Float32Array, right);
      // Some hundred roundings of numbers of about 1.
      expect(error).toBeLessThanOrEqual(300 * 2 ** -23 * Math.max(1, magnitude));
    }
  },
);
