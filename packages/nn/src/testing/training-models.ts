import type { RunInputs } from "../graph/executable.ts";
import { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { dyadic, monarch } from "../layers/butterfly-linear.ts";
import { Linear } from "../layers/linear.ts";
import { Sequential } from "../layers/sequential.ts";
import { Gpt2 } from "../models/gpt2.ts";
import { VisionTransformer } from "../models/vision-transformer.ts";
import type { Module } from "../modules/module.ts";
import type { Parameter } from "../modules/parameter.ts";
import { activate } from "../operations/activation/operation.ts";
import { crossEntropy } from "../training/losses.ts";
import { inputsFor } from "./draw.ts";

/** A model with its loss, the same each time it is made. */
export interface TrainingModel {
  readonly graph: Graph;
  readonly loss: Value;
  readonly parameters: readonly Parameter[];
  /** Inputs of a run, by a seed. */
  readonly inputs: (seed: number) => RunInputs;
}

/** Small models of butterflies, with biases, norms, attention, and a table of tokens that is the head too. */
export const TRAINING_MODELS: Readonly<Record<string, () => TrainingModel>> = {
  "a perceptron of three factors": () => {
    const first = dyadic({ inFeatures: 8, outFeatures: 8, bias: true, seed: 1 });
    const last = new Linear({ inFeatures: 8, outFeatures: 5, seed: 2 });
    const graph = new Graph();
    const hidden = first.forward(graph.input("x", { vectors: 18, features: 8 }));
    const active = activate(hidden, { kind: "gelu", approximate: "none" });
    return trained(new Sequential([first, last]), graph, last.forward(active));
  },
  "a vision transformer": () => {
    const model = new VisionTransformer({
      ...{ imageSize: 8, patchSize: 4, channels: 1, classes: 5, features: 16, layers: 1, heads: 2 },
      linear: { projection: monarch(), ffn: monarch() },
    });
    const graph = model.trace({ images: 3 });
    return trained(model, graph, graph.outputs.get("logits") as Value);
  },
  "a language model": () => {
    const model = new Gpt2({
      ...{ vocabulary: 11, features: 16, layers: 1, heads: 2, positions: 6 },
      linear: { projection: dyadic, ffn: monarch() },
    });
    const graph = model.trace({ sequences: 3, tokens: 6 });
    return trained(model, graph, graph.outputs.get("logits") as Value);
  },
};

function trained(model: Module, graph: Graph, logits: Value): TrainingModel {
  const loss = crossEntropy(logits, graph.indices("labels", logits.vectors));
  return {
    graph,
    loss,
    parameters: [...model.namedParameters().values()],
    inputs: (seed) => {
      // What a trainer adds is given by it.
      const { "training.given": _, "training.scale": __, ...inputs } = inputsFor(graph, seed);
      return inputs;
    },
  };
}
