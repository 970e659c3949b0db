import type { LinearKind } from "./linear-kinds.ts";

/** A kind of model and its data, in which dense and butterfly layers are compared. */
export interface Task {
  readonly name: string;
  readonly description: string;
  /** What is compared on the test data: the share that is right, or nats for each character. */
  readonly metric: "accuracy" | "loss";
  readonly kinds: readonly LinearKind[];
  /** What is tried for each kind of layer, with the first seed. */
  readonly settings: readonly Settings[];
  train(choice: Choice): Promise<Outcome>;
}

/** What is tuned. */
interface Settings {
  readonly rate: number;
  /** The weight decay. */
  readonly decay: number;
}

export interface Choice extends Settings {
  readonly kind: LinearKind;
  readonly seed: number;
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
  /** Steps and what the validation data had after them. */
  readonly curve: readonly (readonly [step: number, validation: number])[];
}

/** Whether a number of a metric is better than another one. */
export function isBetter(metric: Task["metric"], one: number, other: number): boolean {
  return metric === "accuracy" ? one > other : one < other;
}
