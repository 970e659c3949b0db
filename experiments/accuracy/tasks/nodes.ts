import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GAT, GCN, GraphSAGE } from "@papilio/nn";
import { adjacencyOf, bagsOfWords } from "@papilio/nn/adjacency";
import { nodeTask } from "@papilio/nn/training";
import { type LinearKind, layersOf } from "../linear-kinds.ts";
import type { Choice, Outcome, Task } from "../task.ts";
import { trainBest } from "../train.ts";

/** As tkipf/gcn has it: parts are `[from, to)`, or a list. */
interface Cora {
  readonly nodes: number;
  readonly features: number;
  readonly classes: number;
  readonly edges: readonly number[];
  readonly featureRows: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly train: readonly [from: number, to: number];
  readonly val: readonly [from: number, to: number];
  readonly test: readonly number[];
}

const FILE = "../../../packages/nn/testdata/planetoid/cora.json";

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

/** Classifiers of the papers of Cora, by the public split: 140 to train by, 500 to validate with, 1,000 to test with. */
export const nodes: readonly Task[] = (Object.keys(MODELS) as (keyof typeof MODELS)[]).map(
  (name) => ({
    name,
    description: `${MODELS[name].Model.name} of two layers, ${MODELS[name].options.hidden} features between them, on the citation network Cora`,
    metric: "accuracy",
    kinds: ["dense", "half", "monarch"] satisfies LinearKind[],
    settings: MODELS[name].rates.flatMap((rate) => [5e-4, 1e-4].map((decay) => ({ rate, decay }))),
    train: (choice) => trainNodes(name, choice),
  }),
);

function trainNodes(name: keyof typeof MODELS, choice: Choice): Promise<Outcome> {
  const { kind, seed } = choice;
  const { Model, options, dropout } = MODELS[name];
  const { nodes: count, features: inFeatures, classes, edges, labels, ...cora } = network();
  const model = new Model({ ...options, inFeatures, classes, seed, linear: linear(kind) });
  const adjacency = adjacencyOf({ nodes: count, edges: [...edges] });
  const features = bagsOfWords(cora.featureRows, inFeatures);
  const taskOf = (validation: Uint32Array) =>
    nodeTask({
      trace: (use) => model.trace({ adjacency, ...(use === "training" && { dropout }) }),
      ...{ parameters: model.namedParameters(), seed, kernels: "wasm", features, classes },
      ...{ labels: Uint32Array.from(labels), train: range(cora.train), validation },
    });
  return trainBest(choice, {
    ...{ metric: "accuracy", model, task: taskOf(range(cora.val)) },
    ...{ tested: taskOf(Uint32Array.from(cora.test)), final: 1, warmup: 1, drawn: false },
    options: { steps: MODELS[name].steps, evaluateEvery: 5, optimizer: { kind: "adam" } },
  });
}

function range([from, to]: readonly [number, number]): Uint32Array {
  return Uint32Array.from({ length: to - from }, (_, at) => from + at);
}

/** Butterflies where there are many weights: the last layer has few outputs. */
function linear(kind: LinearKind) {
  const [make, dense] = [layersOf(kind), layersOf("dense")];
  return (shape: Parameters<typeof make>[0]) =>
    (Math.min(shape.inFeatures, shape.outFeatures) < 16 ? dense : make)(shape);
}

let read: Cora | undefined;

function network(): Cora {
  read ??= JSON.parse(readFileSync(join(import.meta.dirname, FILE), "utf8")) as Cora;
  return read;
}
