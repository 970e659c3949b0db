import { call, create, invoke, type PublicCalls } from "@papilio/public-arguments";
import * as nn from "../every-entry.ts";

const shape = { vectors: 2, features: 3 };

/** A graph that a parameter can be trained of, and its loss. */
function trainable(): [nn.Graph, nn.Value, nn.Parameter[]] {
  const graph = new nn.Graph();
  const weight = new nn.Parameter([3], (values) => values.fill(1));
  const y = nn.addVector(graph.input("x", shape), weight);
  return [graph, nn.meanSquaredError(y, graph.input("target", shape)), [weight]];
}

const options = {
  optimizer: { kind: "adamw", beta1: 0.9, beta2: 0.99, epsilon: 1e-8 },
  rate: 0.1,
  multipliers: new Map(),
  decay: 0.1,
  clip: 1,
  kernels: "reference",
  accumulate: 2,
  keptBytes: 1024,
  state: {
    steps: 1,
    parameters: [new Float32Array(3)],
    momentum: [new Float32Array(3)],
    squares: [new Float32Array(3)],
  },
} as const;

/** Losses and gradients. */
export const trainingCalls: PublicCalls = {
  gradient: () => {
    const graph = new nn.Graph();
    const x = graph.input("x", shape);
    const seed = graph.input("seed", shape);
    return call(nn.gradient, graph, nn.multiply(x, x), [x], { seed });
  },
  dropout: () => {
    const graph = new nn.Graph();
    const seed = graph.indices("seed", 1);
    return call(nn.dropout, graph.input("x", shape), { rate: 0.5, stream: 0, seed });
  },
  initialize: () => {
    const [graph] = trainable();
    return call(nn.initialize, graph, { seed: 1, tables: 0.02 });
  },
  crossEntropy: () => {
    const graph = new nn.Graph();
    const options = { path: "loss", smoothing: 0.1, ignored: 3 };
    return call(nn.crossEntropy, graph.input("x", shape), graph.indices("labels", 2), options);
  },
  meanSquaredError: () => {
    const graph = new nn.Graph();
    const [x, target] = [graph.input("x", shape), graph.input("target", shape)];
    return call(nn.meanSquaredError, x, target, { path: "loss" });
  },
  distillationLoss: () => {
    const graph = new nn.Graph();
    const [student, teacher] = [graph.input("student", shape), graph.input("teacher", shape)];
    return call(nn.distillationLoss, student, teacher, { path: "loss", temperature: 2 });
  },
  factorRates: () => call(nn.factorRates, trainable()[0]),
  warmupCosine: () => call(nn.warmupCosine, { rate: 0.1, steps: 100, warmup: 10, final: 0.001 }),
  Trainer: () => create(nn.Trainer, ...trainable(), options),
  "Trainer#step": () => {
    const inputs = { x: new Float32Array(6), target: new Float32Array(6) };
    return invoke(new nn.Trainer(...trainable(), options), "step", [inputs]);
  },
  "Trainer#read": () => invoke(new nn.Trainer(...trainable(), options), "read"),
  "Trainer#state": () => invoke(new nn.Trainer(...trainable(), options), "state"),
};
