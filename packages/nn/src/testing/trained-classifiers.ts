import { adjacencyOf } from "../adjacency/adjacency.ts";
import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { monarch } from "../layers/butterfly-linear.ts";
import { GAT, GCN, GraphSAGE } from "../models/node-classifiers.ts";
import type { Parameter } from "../modules/parameter.ts";
import { gradient } from "../training/gradient.ts";
import { crossEntropy } from "../training/losses.ts";
import { numbers } from "./draw.ts";

const [NODES, FEATURES, CLASSES] = [8, 8, 4];

// Two triangles with a bridge, and a node that has no neighbour.
const adjacency = adjacencyOf({
  nodes: NODES,
  edges: [0, 1, 1, 2, 2, 0, 2, 3, 3, 4, 4, 5, 5, 3, 5, 6],
});

const config = { inFeatures: FEATURES, hidden: 8, classes: CLASSES, seed: 3 };

/** Classifiers of nodes, with dense layers and with butterflies. */
export const CLASSIFIERS = {
  GCN: () => new GCN(config),
  GraphSAGE: () => new GraphSAGE(config),
  GAT: () => new GAT({ ...config, heads: 2 }),
  "GCN of butterflies": () => new GCN({ ...config, linear: monarch() }),
  "GAT of butterflies": () => new GAT({ ...config, heads: 2, linear: monarch() }),
} as const;

/** Outputs `loss`, and the gradients of the features and of all parameters by their names. */
export interface TrainedClassifier {
  readonly graph: Graph;
  readonly inputs: { readonly features: Float32Array; readonly labels: Uint32Array };
  readonly parameters: ReadonlyMap<string, Parameter>;
}

/** The graph of a classifier's loss and its gradients, on a small graph of which the last node has no label. */
export function trainedClassifier(make: () => GAT | GCN | GraphSAGE): TrainedClassifier {
  const model = make();
  const graph = model.trace({ adjacency });
  const labels = graph.indices("labels", NODES);
  const logits = graph.outputs.get("logits") as Value;
  const loss = crossEntropy(logits, labels, { ignored: CLASSES });
  const parameters = model.namedParameters();
  let seed = 5;
  for (const { values } of parameters.values()) values.set(onGrid(values.length, seed++));
  const of = [graph.inputs.get("features") as Value, ...parameters.values()];
  graph.output("loss", loss);
  const names = ["features", ...parameters.keys()];
  for (const [at, value] of gradient(graph, loss, of).entries()) {
    graph.output(names[at] as string, value);
  }
  const inputs = {
    features: onGrid(NODES * FEATURES, 4),
    labels: Uint32Array.of(0, 2, 1, 3, 0, 2, 2, CLASSES),
  };
  return { graph, inputs, parameters };
}

/** Numbers to which small steps can be added in float32. */
function onGrid(length: number, seed: number): Float32Array<ArrayBuffer> {
  return numbers(length, seed).map((number) => Math.round(2 ** 8 * number) / 2 ** 8);
}
