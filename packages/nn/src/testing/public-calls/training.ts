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

const table = {
  names: ["x", "y"],
  rows: [
    ["1", "no"],
    ["2", "yes"],
  ],
};

const encoding = (): nn.TableEncoding =>
  nn.fitTable(table, { target: "y", train: Uint32Array.of(0, 1) });

const options = {
  optimizer: { kind: "adamw", beta1: 0.9, beta2: 0.99, epsilon: 1e-8 },
  rate: 0.1,
  multipliers: new Map(),
  decay: 0.1,
  decays: new Map(),
  clip: 1,
  kernels: "reference",
  accumulate: 2,
  keptBytes: 1024,
  dtype: "f32",
  state: {
    steps: 1,
    parameters: [new Float32Array(3)],
    momentum: [new Float32Array(3)],
    squares: [new Float32Array(3)],
    lossScale: { scale: 1, steps: 0 },
  },
} as const;

const named = (): ReadonlyMap<string, nn.Parameter> =>
  new Map([["weight", trainable()[2][0] as nn.Parameter]]);

const checkpoint = { state: options.state, optimizer: "adamw", settings: "seed 1" } as const;

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
    return call(nn.initialize, graph, { seed: 1, tables: 0.02, factors: "orthogonal" });
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
  factorDecays: () => call(nn.factorDecays, trainable()[0]),
  factorRates: () => call(nn.factorRates, trainable()[0]),
  warmupCosine: () => call(nn.warmupCosine, { rate: 0.1, steps: 100, warmup: 10, final: 0.001 }),
  Trainer: () => create(nn.Trainer, ...trainable(), options),
  "Trainer#step": () => {
    const inputs = { x: new Float32Array(6), target: new Float32Array(6) };
    return invoke(new nn.Trainer(...trainable(), options), "step", [inputs]);
  },
  "Trainer#read": () => invoke(new nn.Trainer(...trainable(), options), "read"),
  "Trainer#change": () =>
    invoke(new nn.Trainer(...trainable(), options), "change", () => undefined),
  "Trainer#state": () => invoke(new nn.Trainer(...trainable(), options), "state"),
  augmentImages: () =>
    call(nn.augmentImages, new Float32Array(8), [2, 2, 2], { shift: 1, flip: true }, 3),
  randomWindows: () => call(nn.randomWindows, { tokens: 9, context: 4, batch: 2, seed: 1 }),
  shuffledBatches: () => call(nn.shuffledBatches, { examples: 9, batch: 2, seed: 1 }),
  splitExamples: () => call(nn.splitExamples, { examples: 9, share: 0.2, seed: 1 }),
  characterTokens: () => call(nn.characterTokens, "abc", ["a", "b", "c"]),
  characterTokenizer: () => call(nn.characterTokenizer, ["a", "b"]),
  readIdx: () => call(nn.readIdx, Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 7)),
  encodeCheckpoint: () => call(nn.encodeCheckpoint, named(), checkpoint),
  decodeCheckpoint: () =>
    call(nn.decodeCheckpoint, nn.encodeCheckpoint(named(), checkpoint), named()),
  readCheckpointSettings: () =>
    call(nn.readCheckpointSettings, nn.encodeCheckpoint(named(), checkpoint)),
  pickImages: () => {
    const data = { images: new Float32Array(4), labels: new Uint32Array(2) };
    return call(nn.pickImages, data, Uint32Array.of(1));
  },
  bagsOfWords: () => call(nn.bagsOfWords, [[0, 2], [1]], 3),
  imageTask: () => {
    const size = { imageSize: 2, patchSize: 2, channels: 1, classes: 2 };
    const model = new nn.VisionTransformer({ ...size, features: 4, layers: 1, heads: 1 });
    const train = { images: new Float32Array(4), labels: new Uint32Array(1) };
    return call(nn.imageTask, {
      trace: (shape: { images: number }) => model.trace(shape),
      parameters: model.namedParameters(),
      shape: [1, 2, 2],
      train,
      validation: train,
      augmentation: { shift: 1 },
      batch: 1,
      seed: 1,
      kernels: "reference",
      smoothing: 0.1,
    });
  },
  imitationTask: () => {
    const model = new nn.Gpt2({ vocabulary: 3, features: 4, layers: 1, heads: 1, positions: 2 });
    const trace = (sequences: number): nn.Graph => model.trace({ sequences, tokens: 2 });
    const examples = (): nn.Examples => ({ count: 2, inputs: { ids: new Uint32Array(4) } });
    return call(nn.imitationTask, {
      parameters: model.namedParameters(),
      trace,
      teacher: trace,
      train: examples(),
      validation: examples(),
      batch: 2,
      seed: 1,
      kernels: "reference",
    });
  },
  trainRounded: () => {
    const [graph, loss, [weight]] = trainable();
    const inputs = { x: new Float32Array(6), target: new Float32Array(6) };
    const task = {
      ...{ graph, loss, parameters: new Map([["weight", weight as nn.Parameter]]) },
      batch: () => inputs,
      evaluate: () => Promise.resolve({ loss: 1 }),
    };
    const { state: _state, dtype: _dtype, multipliers: _multipliers, ...others } = options;
    const scales = new Float32Array(3).fill(0.5);
    return call(nn.trainRounded, task, {
      ...others,
      rounded: new Map([[weight as nn.Parameter, { dtype: "q4", scales }]]),
      steps: 1,
      evaluateEvery: 1,
      onStep: () => undefined,
      signal: new AbortController().signal,
    });
  },
  distilledTask: () => {
    const model = new nn.Gpt2({ vocabulary: 3, features: 4, layers: 1, heads: 1, positions: 2 });
    const task = nn.textTask({
      trace: (shape: { sequences: number; tokens: number }) => model.trace(shape),
      parameters: model.namedParameters(),
      context: 2,
      train: new Uint32Array(4),
      batch: 1,
      seed: 1,
    });
    const teacher = model.trace({ tokens: 2 });
    const pairs = [[task.graph, teacher].map((one) => one.outputs.get("logits") as nn.Value)];
    const hidden = { pairs: pairs as never, weight: 0.5 };
    return call(nn.distilledTask, task, { teacher, temperature: 2, hidden, kernels: "reference" });
  },
  textTask: () => {
    const model = new nn.Gpt2({ vocabulary: 3, features: 4, layers: 1, heads: 1, positions: 2 });
    return call(nn.textTask, {
      trace: (shape: { sequences: number; tokens: number }) => model.trace(shape),
      parameters: model.namedParameters(),
      context: 2,
      train: new Uint32Array(4),
      validation: new Uint32Array(4),
      validationWindows: 1,
      batch: 1,
      seed: 1,
      kernels: "reference",
      smoothing: 0.1,
    });
  },
  fitTable: () =>
    call(nn.fitTable, table, { target: "y", train: Uint32Array.of(0, 1), task: "classification" }),
  encodedFeatures: () => call(nn.encodedFeatures, encoding()),
  encodeTable: () => call(nn.encodeTable, table, encoding()),
  encodeTargets: () => call(nn.encodeTargets, table, encoding()),
  tableEncodingOf: () => call(nn.tableEncodingOf, { papilio: { table: encoding() } }),
  tableTask: () => {
    const model = new nn.Perceptron({ inFeatures: 2, classes: 2 });
    const rows = { features: new Float32Array(4), targets: Uint32Array.of(0, 1) };
    return call(nn.tableTask, {
      trace: (shape: { vectors: number }) => model.trace(shape),
      ...{ parameters: model.namedParameters(), inFeatures: 2 },
      ...{ train: rows, validation: rows, test: rows },
      ...{ batch: 1, seed: 1, kernels: "reference", smoothing: 0.1 },
    });
  },
  nodeTask: () => {
    const adjacency = nn.adjacencyOf({ nodes: 2, edges: [0, 1] });
    const model = new nn.GCN({ inFeatures: 2, classes: 2 });
    return call(nn.nodeTask, {
      trace: () => model.trace({ adjacency }),
      parameters: model.namedParameters(),
      features: new Float32Array(4),
      labels: new Uint32Array(2),
      classes: 2,
      train: Uint32Array.of(0),
      validation: Uint32Array.of(1),
      seed: 1,
      kernels: "reference",
      smoothing: 0.1,
    });
  },
  train: () => {
    const [graph, loss, [weight]] = trainable();
    const task = {
      graph,
      loss,
      parameters: new Map([["weight", weight as nn.Parameter]]),
      batch: () => ({ x: new Float32Array(6), target: new Float32Array(6) }),
    };
    const { state: _state, ...others } = options;
    return call(nn.train, task, { ...others, steps: 1, evaluateEvery: 1, keepEvery: 1 });
  },
};
