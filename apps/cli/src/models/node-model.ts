import { PapilioError } from "@papilio/butterfly";
import { adjacencyOf } from "@papilio/nn/adjacency";
import type { Value } from "@papilio/nn/graph";
import { inputShape } from "../files/csv.ts";
import { readGraph } from "./graph-file.ts";
import { classifiesNodes, loadNodeClassifier, type ModelConfig } from "./model-folder.ts";
import type { BoundModel } from "./model-inputs.ts";

export const GRAPH_HELP = "a graph in JSON, as train reads it, for a classifier of nodes";

/**
 * Whether a model classifies the nodes of a graph, which then must be given, and else must not.
 *
 * @throws PapilioError `FLAG_INVALID`
 */
export function takesGraph(config: ModelConfig, graph: string | undefined): graph is string {
  const takes = classifiesNodes(config);
  if (takes === (graph !== undefined)) return takes;
  throw new PapilioError(
    "FLAG_INVALID",
    takes
      ? `The model is a ${config.model_type}, which classifies the nodes of a graph, and no graph is given.`
      : `--graph is given, and a model of the type ${config.model_type} takes none.`,
    takes ? "Give --graph FILE, a graph in JSON." : "Leave out --graph.",
  );
}

/**
 * A classifier of nodes, traced for the graph of a file.
 *
 * @throws PapilioError `INPUT_SHAPE` for a graph of other features; what reading the graph and the model throws
 */
export async function bindGraph(
  path: string,
  config: ModelConfig,
  file: string,
  signal: AbortSignal,
): Promise<BoundModel> {
  const { nodes, inFeatures, features, edges } = await readGraph(file);
  const model = await loadNodeClassifier(path, config, signal);
  const graph = model.trace({ adjacency: adjacencyOf({ nodes, edges }) });
  const wanted = (graph.inputs.get("features") as Value).features;
  if (wanted !== inFeatures) {
    throw inputShape(
      `The nodes of ${file} have ${inFeatures} features, and the model takes ${wanted}.`,
      "Give a graph of the same features as the one that the model was trained on.",
    );
  }
  return { graph, inputs: { features } };
}
