import { requireArray, requireWhole } from "@papilio/butterfly/errors";
import {
  callback,
  count,
  listOf,
  map,
  objectOf,
  oneOf,
  optional,
  whole,
} from "../arguments/checks.ts";
import type { Graph } from "../graph/graph.ts";
import { graphCheck, valueCheck } from "../graph/operand-checks.ts";
import type { Value } from "../graph/value.ts";
import type { Parameter } from "../modules/parameter.ts";
import { type Augmentation, augmentationCheck, augmentImages } from "./augment.ts";
import { randomWindows, seedOf, shuffledBatches } from "./batches.ts";
import { Evaluator, type LabelledRun } from "./evaluation.ts";
import { type LabelledImages, picked, requireLabelled } from "./labelled-images.ts";
import { crossEntropy } from "./losses.ts";
import type { TrainingTask } from "./train.ts";

export interface TaskOptions {
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** Examples of a run. */
  readonly batch: number;
  readonly seed: number;
  /** By which the evaluation is computed; the readable `reference` unless given. */
  readonly kernels?: "reference" | "wasm";
  /** What targets share evenly, as `crossEntropy` has it. */
  readonly smoothing?: number;
}

/** A task that holds a model for its evaluation. */
export interface DisposableTask extends TrainingTask, Disposable {}

export interface ImageTaskOptions extends TaskOptions {
  /** `trace` of a model that classifies images: input `images`, output `logits`. */
  readonly trace: (shape: { readonly images: number }) => Graph;
  readonly shape: readonly [channels: number, height: number, width: number];
  readonly train: LabelledImages;
  readonly validation?: LabelledImages | undefined;
  readonly augmentation?: Augmentation | undefined;
}

/**
 * Classifying images, by cross-entropy.
 *
 * @throws PapilioError `OPTION_INVALID`, `ARRAY_TYPE`, `INPUT_LENGTH` where images and labels do not fit each other
 */
export function imageTask(options: ImageTaskOptions): DisposableTask {
  requireTaskOptions("imageTask", options);
  const { parameters, batch, seed, trace, shape, train, validation, augmentation } = options;
  listOf(whole)("The shape of an image", shape);
  const each = shape.reduce((product, size) => product * size, 1);
  requireLabelled("train", train, each);
  if (validation !== undefined) requireLabelled("validation", validation, each);
  const order = shuffledBatches({ examples: train.labels.length, batch, seed });
  const { graph, loss } = withLoss(traced(trace({ images: batch })), batch, options);
  const evaluator =
    validation &&
    new Evaluator(trace({ images: batch }), options.kernels ?? "reference", () =>
      exampleRuns("images", validation, each, batch),
    );
  return {
    graph,
    loss,
    parameters,
    batch: (run) => {
      const examples = order(run);
      const { images, labels } = picked(train, each, examples);
      const seen =
        augmentation === undefined
          ? images
          : augmentImages(images, shape, augmentation, seedOf(seed, run));
      return { images: seen, labels };
    },
    evaluate: evaluator && (() => evaluator.measure()),
    [Symbol.dispose]: () => evaluator?.[Symbol.dispose](),
  };
}

export interface TextTaskOptions extends TaskOptions {
  /** `trace` of a model that continues text: input `ids`, output `logits` of each token. */
  readonly trace: (shape: { readonly sequences: number; readonly tokens: number }) => Graph;
  /** Tokens of each sequence. */
  readonly context: number;
  readonly train: Uint32Array;
  readonly validation?: Uint32Array | undefined;
  /** Windows of the validation that are measured, evenly spread; as many as fit unless given. */
  readonly validationWindows?: number | undefined;
}

/**
 * Continuing text: each token predicts the next one, by cross-entropy.
 *
 * @throws PapilioError `OPTION_INVALID`, for texts that are shorter than a sequence, too; `ARRAY_TYPE`
 */
export function textTask(options: TextTaskOptions): DisposableTask {
  requireTaskOptions("textTask", options);
  const { parameters, batch, seed, trace, context, train, validation } = options;
  requireArray("train", train, "Uint32Array");
  const starts = randomWindows({ tokens: train.length, context, batch, seed });
  const shape = { sequences: batch, tokens: context };
  const { graph, loss } = withLoss(traced(trace(shape)), batch * context, options);
  if (validation !== undefined) {
    requireArray("validation", validation, "Uint32Array");
    requireWhole("The tokens of the validation", validation.length, context + 1);
  }
  const most = options.validationWindows ?? Number.MAX_SAFE_INTEGER;
  requireWhole("validationWindows", most, 1);
  const evaluator =
    validation &&
    new Evaluator(trace(shape), options.kernels ?? "reference", () =>
      textRuns(validation, { context, batch, most }),
    );
  return {
    graph,
    loss,
    parameters,
    batch: (run) => ({
      ids: windowsAt(train, starts(run), context, 0),
      labels: windowsAt(train, starts(run), context, 1),
    }),
    evaluate: evaluator && (() => evaluator.measure()),
    [Symbol.dispose]: () => evaluator?.[Symbol.dispose](),
  };
}

export interface NodeTaskOptions extends Omit<TaskOptions, "batch"> {
  /** Traces a model that classifies nodes: input `features`, a number `dropout` where it has that; output `logits`. */
  readonly trace: (use: "training" | "evaluation") => Graph;
  /** Of all nodes. */
  readonly features: Float32Array;
  readonly labels: Uint32Array;
  readonly classes: number;
  /** Nodes that are trained on, and those that are measured. */
  readonly train: Uint32Array;
  readonly validation?: Uint32Array | undefined;
}

/**
 * Classifying the nodes of a graph: each run sees all of it, and the loss that of some nodes.
 *
 * @throws PapilioError `OPTION_INVALID`, `ARRAY_TYPE`
 */
export function nodeTask(options: NodeTaskOptions): DisposableTask {
  requireTaskOptions("nodeTask", { ...options, batch: 1 });
  const { parameters, seed, trace, features, labels, classes, train, validation } = options;
  requireArray("features", features, "Float32Array");
  for (const name of ["labels", "train", "validation"] as const) {
    if (name !== "validation" || validation !== undefined) {
      requireArray(name, options[name], "Uint32Array");
    }
  }
  requireWhole("classes", classes, 1);
  const wanted = new Uint32Array(labels.length).fill(classes);
  for (const node of train) wanted[node] = labels[node] as number;
  const all = traced(trace("training"));
  const draws = all.inputs.has("dropout");
  const { graph, loss } = withLoss(all, labels.length, options, classes);
  const measured = new Int32Array(labels.length).fill(-1);
  for (const node of validation ?? []) measured[node] = labels[node] as number;
  const evaluator =
    validation &&
    new Evaluator(trace("evaluation"), options.kernels ?? "reference", () => [
      { inputs: { features }, labels: measured },
    ]);
  return {
    graph,
    loss,
    parameters,
    batch: (run) => ({
      features,
      labels: wanted,
      ...(draws ? { dropout: Uint32Array.of(seedOf(seed, run)) } : {}),
    }),
    evaluate: evaluator && (() => evaluator.measure()),
    [Symbol.dispose]: () => evaluator?.[Symbol.dispose](),
  };
}

/** What `trace` of a caller gave. */
export function traced(graph: Graph): Graph {
  graphCheck("What trace() gives", graph);
  return graph;
}

export function withLoss(
  graph: Graph,
  vectors: number,
  { smoothing = 0 }: Pick<TaskOptions, "smoothing">,
  ignored?: number,
): { readonly graph: Graph; readonly loss: Value } {
  const logits = graph.outputs.get("logits");
  valueCheck("What trace() has as the output logits", logits);
  const loss = crossEntropy(logits as Value, graph.indices("labels", vectors), {
    smoothing,
    ignored,
  });
  return { graph, loss };
}

/** The last run is filled up with zeros that do not count. */
export function* exampleRuns(
  input: string,
  { images, labels }: LabelledImages,
  each: number,
  batch: number,
): Generator<LabelledRun> {
  for (let first = 0; first < labels.length; first += batch) {
    const some = new Float32Array(batch * each);
    some.set(images.subarray(first * each, (first + batch) * each));
    const known = new Int32Array(batch).fill(-1);
    known.set(labels.subarray(first, first + batch));
    yield { inputs: { [input]: some }, labels: known };
  }
}

function* textRuns(
  tokens: Uint32Array,
  shape: { readonly context: number; readonly batch: number; readonly most: number },
): Generator<LabelledRun> {
  const { context, batch } = shape;
  const windows = Math.floor((tokens.length - 1) / context);
  const taken = Math.min(windows, shape.most);
  const all = Uint32Array.from(
    { length: taken },
    (_, at) => context * Math.floor((at * windows) / taken),
  );
  for (let first = 0; first < taken; first += batch) {
    const starts = new Uint32Array(batch);
    starts.set(all.subarray(first, first + batch));
    const labels = Int32Array.from(windowsAt(tokens, starts, context, 1));
    labels.fill(-1, (Math.min(taken, first + batch) - first) * context);
    yield { inputs: { ids: windowsAt(tokens, starts, context, 0) }, labels };
  }
}

function windowsAt(
  tokens: Uint32Array,
  starts: Uint32Array,
  context: number,
  later: number,
): Uint32Array<ArrayBuffer> {
  const windows = new Uint32Array(starts.length * context);
  for (const [at, start] of starts.entries()) {
    windows.set(tokens.subarray(start + later, start + later + context), at * context);
  }
  return windows;
}

const optionsCheck = objectOf({
  parameters: map,
  batch: count,
  seed: count,
  trace: callback,
  kernels: optional(oneOf("reference", "wasm")),
  augmentation: optional(augmentationCheck),
  validationWindows: optional(count),
});

export function requireTaskOptions(
  name: string,
  options: TaskOptions & { readonly trace: unknown },
): void {
  optionsCheck(name, options);
  requireWhole("batch", options.batch, 1);
}
