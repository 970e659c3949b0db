import { PapilioError } from "@papilio/butterfly";
import { adjacencyOf } from "@papilio/nn/adjacency";
import type { Graph } from "@papilio/nn/graph";
import { type NodeClassifierModel, nodeClassifier } from "@papilio/nn/models";
import { type LabelledGraph, readLabelledGraph } from "../models/graph-file.ts";
import type { TrainingChoice } from "./train-model.ts";

/**
 * A graph of a JSON file, and a new model for it.
 *
 * @throws PapilioError `DATA_INVALID`, `INPUT_UNREADABLE`; what making the model throws
 */
export async function readNodes(
  choice: TrainingChoice,
  kind: "gcn" | "graphsage" | "gat",
): Promise<{
  readonly config: Readonly<Record<string, unknown>>;
  readonly model: NodeClassifierModel;
  readonly data: LabelledGraph;
  readonly trace: (use: "training" | "evaluation") => Graph;
  /** The graph of another classifier, on the same nodes. */
  readonly traceOther: (other: NodeClassifierModel) => Graph;
}> {
  const data = await readLabelledGraph(choice.data);
  const { inFeatures, classes, nodes, edges } = data;
  const { features: hidden, layers, heads, seed, dropout } = choice;
  if (kind === "gat" && hidden % heads !== 0) {
    throw new PapilioError(
      "FLAG_INVALID",
      `The ${heads} heads of attention do not divide ${hidden} features.`,
      "Give --features that is a multiple of --heads.",
    );
  }
  const config = {
    model_type: kind,
    papilio: { linear: choice.linear },
    ...{ inFeatures, classes, hidden, layers },
    ...(kind === "gat" && { heads }),
  };
  const model = nodeClassifier(config, { seed });
  const adjacency = adjacencyOf({ nodes, edges });
  return {
    ...{ config, model, data },
    trace: (use) =>
      model.trace({ adjacency, ...(use === "training" && dropout > 0 && { dropout }) }),
    traceOther: (other) => other.trace({ adjacency }),
  };
}
