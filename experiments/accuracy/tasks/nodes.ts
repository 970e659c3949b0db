import { GAT, GCN, GraphSAGE } from "@papilio/nn";
import { initializeFrom } from "@papilio/nn/conversion";
import type { LinearFactory } from "@papilio/nn/layers";
import { type DisposableTask, distilledTask, nodeTask } from "@papilio/nn/training";
import { cora } from "../cora.ts";
import { type LinearKind, layersOf } from "../linear-kinds.ts";
import { linearWeights } from "../sizes.ts";
import type { Choice, Settings, Task, Training } from "../task.ts";
import { trainBest } from "../train.ts";
import { NODE_WAYS, WAY_DESCRIPTIONS } from "./node-ways.ts";

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

/** Classifiers of the papers of Cora, by the public split: 140 to train by, 500 to validate with, 1,000 to test with. */
export const nodes: readonly Task[] = (Object.keys(MODELS) as Name[]).map((name) => ({
  name,
  description: `${MODELS[name].Model.name} of two layers, ${MODELS[name].options.hidden} features between them, on the citation network Cora`,
  metric: "accuracy",
  kinds: ["dense", "half", "monarch"] satisfies LinearKind[],
  settings: MODELS[name].rates.flatMap((rate) => [5e-4, 1e-4].map((decay) => ({ rate, decay }))),
  // Those of GAT take minutes each.
  ...(name === "gat" ? {} : { ways: WAY_DESCRIPTIONS }),
  unit: "all nodes",
  batch: 1,
  inference(kind) {
    const { adjacency, features } = cora();
    const model = modelOf(name, kind, 0);
    return { model, graph: model.trace({ adjacency }), inputs: { features } };
  },
  training: (choice, dense) => trainingBy(name, choice, dense),
}));

async function trainingBy(
  name: Name,
  choice: Choice,
  dense: Settings | undefined,
): Promise<Training> {
  const { kind, seed } = choice;
  const way = choice.way === undefined ? undefined : NODE_WAYS.get(choice.way);
  const hidden = way?.widest === undefined ? undefined : widestWithin(name, kind, way.widest);
  const model = modelOf(name, kind, seed, hidden);
  const start = way?.denseFirst ? await trainedDense(name, dense, seed, hidden) : undefined;
  if (start !== undefined) await initializeFrom(model, start);
  const teacher = way?.distilled ? await trainedDense(name, dense, seed) : undefined;
  return {
    ...trainingOf(name, model, seed, teacher),
    ...{ drawn: way?.drawn ?? false, oneRate: way?.oneRate, dividedDecay: way?.dividedDecay },
  };
}

/** Layers of a kind, and of as many features between them as the task has unless given. */
function modelOf(name: Name, kind: LinearKind, seed: number, hidden?: number): NodeModel {
  const { Model, options } = MODELS[name];
  const { inFeatures, classes } = cora();
  const width = hidden === undefined ? {} : { hidden };
  return new Model({ ...options, ...width, inFeatures, classes, seed, linear: linear(kind) });
}

/** The features between layers, a multiple of the task's, with the most weights that are at most a share of dense's. */
function widestWithin(name: Name, kind: LinearKind, share: number): number {
  const { hidden } = MODELS[name].options;
  const most = share * linearWeights(modelOf(name, "dense", 0));
  let widest = hidden;
  while (linearWeights(modelOf(name, kind, 0, widest + hidden)) <= most) widest += hidden;
  return widest;
}

/** The dense model by the settings that were best for it, as it was when its validation was best. */
async function trainedDense(
  name: Name,
  settings: Settings | undefined,
  seed: number,
  hidden?: number,
): Promise<NodeModel> {
  if (settings === undefined) throw new Error("Dense layers are trained first.");
  const model = modelOf(name, "dense", seed, hidden);
  const parameters = [...model.namedParameters().values()];
  let best: readonly Float32Array[] = [];
  const choice: Choice = { ...settings, kind: "dense", seed };
  await trainBest(choice, {
    ...trainingOf(name, model, seed),
    onBest: () => {
      best = parameters.map(({ values }) => values.slice());
    },
  });
  for (const [at, parameter] of parameters.entries()) {
    parameter.values = best[at] as Float32Array;
  }
  return model;
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
