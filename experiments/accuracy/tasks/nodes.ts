import { GAT, GCN, GraphSAGE } from "@papilio/nn";
import type { LinearFactory } from "@papilio/nn/layers";
import { type DisposableTask, distilledTask, nodeTask } from "@papilio/nn/training";
import { cora } from "../cora.ts";
import { type LinearKind, layersOf } from "../linear-kinds.ts";
import type { Task, Training, Tried } from "../task.ts";
import { NODE_WAYS } from "./node-ways.ts";
import { describeWays, type Family, trainingBy, type Ways } from "./ways.ts";

const MODELS = {
  gcn: { Model: GCN, options: { hidden: 16 }, dropout: 0.5, rates: [1e-2, 3e-2], steps: 200 },
  sage: {
    Model: GraphSAGE,
    options: { hidden: 16 },
    dropout: 0.5,
    rates: [1e-2, 3e-2],
    steps: 200,
  },
  // The paper's rate is 0.005, of up to 100,000 epochs that end when the validation has not improved for 100.
  gat: {
    ...{ Model: GAT, options: { hidden: 64, heads: 8 }, dropout: 0.6 },
    ...{ rates: [5e-3, 1e-2], steps: 500 },
  },
} as const;

type Name = keyof typeof MODELS;
type NodeModel = GAT | GCN | GraphSAGE;

/** Butterflies in GAT are beside dense layers without any, and those in GraphSAGE ahead of them when they are distilled. */
const WAYS_OF: Partial<Readonly<Record<Name, Ways>>> = {
  gcn: NODE_WAYS,
  sage: new Map(
    [...NODE_WAYS].filter(([name]) => ["distilled", "drawn", "one-rate"].includes(name)),
  ),
};

function triedOf(ways: Ways): Tried {
  return {
    ways: describeWays(ways),
    note: "Seeds of a row differ by up to five points, and several ways are compared on the test data, so that the best of them is partly luck. A teacher is the dense model of the same seed: its logits are learned for all nodes, whose labels nobody looks at. Dense layers may gain by a teacher, too, which was not tried.",
  };
}

/** Classifiers of the papers of Cora, by the public split: 140 to train by, 500 to validate with, 1,000 to test with. */
export const nodes: readonly Task[] = (Object.keys(MODELS) as Name[]).map((name) => {
  const family = familyOf(name);
  const { Model, options, rates } = MODELS[name];
  const ways = WAYS_OF[name];
  return {
    name,
    description: `${Model.name} of two layers, ${options.hidden} features between them, on the citation network Cora`,
    metric: "accuracy",
    kinds: ["dense", "half", "monarch"],
    settings: rates.flatMap((rate) => [5e-4, 1e-4].map((decay) => ({ rate, decay }))),
    ...(ways === undefined ? {} : { tried: triedOf(ways) }),
    unit: "all nodes",
    batch: 1,
    inference(kind) {
      const { adjacency, features } = cora();
      const model = family.make(kind, 0, options.hidden);
      return { model, graph: model.trace({ adjacency }), inputs: { features } };
    },
    training: (choice, dense) => trainingBy(family, ways ?? new Map(), choice, dense),
  };
});

function familyOf(name: Name): Family<NodeModel> {
  const { Model, options } = MODELS[name];
  const { inFeatures, classes } = cora();
  return {
    ...{ width: options.hidden, step: options.hidden },
    make: (kind, seed, hidden) =>
      new Model({ ...options, hidden, inFeatures, classes, seed, linear: linear(kind) }),
    training: (model, seed, teacher) => trainingOf(name, model, seed, teacher),
  };
}

function trainingOf(name: Name, model: NodeModel, seed: number, teacher?: NodeModel): Training {
  const { dropout, steps } = MODELS[name];
  const { adjacency, features, classes, labels, ...cited } = cora();
  const taskOf = (validation: Uint32Array): DisposableTask =>
    nodeTask({
      trace: (use) => model.trace({ adjacency, ...(use === "training" && { dropout }) }),
      ...{ parameters: model.namedParameters(), seed, kernels: "wasm", features, classes },
      ...{ labels, train: cited.train, validation },
    });
  const task = taskOf(cited.validation);
  return {
    ...{ metric: "accuracy", model, tested: taskOf(cited.test) },
    task:
      teacher === undefined
        ? task
        : distilledTask(task, { teacher: teacher.trace({ adjacency }), kernels: "wasm" }),
    ...{ final: 1, warmup: 1, drawn: false },
    options: { steps, evaluateEvery: 5, optimizer: { kind: "adam" } },
  };
}

/** Butterflies where there are many weights: the last layer has few outputs. */
function linear(kind: LinearKind): LinearFactory {
  const [make, dense] = [layersOf(kind), layersOf("dense")];
  return (shape) => (Math.min(shape.inFeatures, shape.outFeatures) < 16 ? dense : make)(shape);
}
