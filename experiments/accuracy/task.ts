import type { Model, RunInputs } from "@papilio/nn";
import type { Graph } from "@papilio/nn/graph";
import type { DisposableTask, InitializeOptions, TrainOptions } from "@papilio/nn/training";
import type { LinearKind } from "./linear-kinds.ts";

/** A kind of model and its data, in which dense and butterfly layers are compared. */
export interface Task {
  readonly name: string;
  readonly description: string;
  /** What is compared on the test data: the share that is right, or nats for each token. */
  readonly metric: "accuracy" | "loss";
  readonly kinds: readonly LinearKind[];
  /** What is tried for each kind of layer, with the first seed. */
  readonly settings: readonly Settings[];
  readonly tried?: Tried;
  /** What a run of the model computes, such as an image. */
  readonly unit: string;
  /** Of what a loss is the mean. */
  readonly token?: string;
  /** Examples of a step of training. */
  readonly batch: number;
  /** @param runs how many images, sequences or graphs it computes at once */
  inference(kind: LinearKind, runs?: number): Inference;
  /** @param dense the settings by which dense layers were best, once they are known */
  training(choice: Choice, dense: Settings | undefined): Promise<Training>;
}

/** Other ways to train butterflies, tuned as the usual one is. */
export interface Tried {
  readonly ways: ReadonlyMap<string, TriedWay>;
  /** What one must know to read what they gained. */
  readonly note: string;
}

export interface TriedWay {
  readonly description: string;
  readonly kinds: readonly LinearKind[];
  /** Rates as multiples of those of the usual way; the same unless given. */
  readonly rates?: number | undefined;
}

/** Kinds of layers that are trained in a way, or in the usual one. */
export function kindsOf({ kinds, tried }: Task, way: string | undefined): readonly LinearKind[] {
  return way === undefined ? kinds : (tried?.ways.get(way)?.kinds ?? []);
}

/** What is tried for each kind of layer in a way, or in the usual one: as many settings. */
export function settingsFor({ settings, tried }: Task, way: string | undefined): Settings[] {
  const times = (way === undefined ? undefined : tried?.ways.get(way)?.rates) ?? 1;
  return settings.map(({ rate, decay }) => ({ rate: times * rate, decay }));
}

/** A model before it is trained, and one run of it. */
export interface Inference {
  readonly model: Model<never>;
  readonly graph: Graph;
  readonly inputs: RunInputs;
}

export interface Training {
  readonly metric: Task["metric"];
  readonly model: Model<never>;
  /** What is trained, and measured on the validation data. */
  readonly task: DisposableTask;
  /** The same, measured on the test data. */
  readonly tested: DisposableTask;
  /** The rate at the end, as a share of the highest. */
  readonly final: number;
  readonly warmup: number;
  readonly options: Pick<TrainOptions, "steps" | "evaluateEvery" | "optimizer" | "clip">;
  /** Whether the first numbers are drawn for training from scratch, or left as the layers have them. */
  readonly drawn: boolean;
  /** What blocks of factors are that are drawn, `normal` unless given. */
  readonly factors?: InitializeOptions["factors"];
  /** Whether all factors of a product have one rate; `factorRates` has theirs unless given. */
  readonly oneRate?: boolean | undefined;
  /** Whether the decay is divided among the factors of a product; each has all of it unless given. */
  readonly dividedDecay?: boolean | undefined;
  /** Whether the accuracy on the test data is that of the tokens that a teacher finds most likely. */
  readonly labelledByTeacher?: boolean;
  /** Called when the model is the best so far: its parameters have their numbers. */
  readonly onBest?: () => void;
}

/** What is tuned. */
export interface Settings {
  readonly rate: number;
  /** The weight decay. */
  readonly decay: number;
}

export interface Choice extends Settings {
  readonly kind: LinearKind;
  readonly seed: number;
  /** One of the ways of the task; the usual one unless given. */
  readonly way?: string;
}

/** What came of one training. */
export interface Outcome {
  /** Numbers of the model, and of its linear layers alone. */
  readonly parameters: number;
  readonly linearWeights: number;
  readonly steps: number;
  /** Of all steps, evaluations left out. */
  readonly seconds: number;
  /** The best on the validation data, and what the model that had it has on the test data. */
  readonly validation: number;
  readonly test: number;
  /** The share of tokens of the test data where the model and its teacher find the same one most likely. */
  readonly agreement?: number;
  /** Steps and what the validation data had after them. */
  readonly curve: readonly (readonly [step: number, validation: number])[];
}

/** Whether a number of a metric is better than another one. */
export function isBetter(metric: Task["metric"], one: number, other: number): boolean {
  return metric === "accuracy" ? one > other : one < other;
}
