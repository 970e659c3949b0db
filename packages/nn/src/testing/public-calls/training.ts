import { call, type PublicCalls } from "@papilio/public-arguments";
import * as nn from "../every-entry.ts";

const shape = { vectors: 2, features: 3 };

/** Losses and gradients. */
export const trainingCalls: PublicCalls = {
  gradient: () => {
    const graph = new nn.Graph();
    const x = graph.input("x", shape);
    const seed = graph.input("seed", shape);
    return call(nn.gradient, graph, nn.multiply(x, x), [x], { seed });
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
};
