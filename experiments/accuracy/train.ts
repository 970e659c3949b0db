import type { Model, RunInputs } from "@papilio/nn";
import type { Graph, Value } from "@papilio/nn/graph";
import { LinearLayer } from "@papilio/nn/layers";
import {
  factorRates,
  initialize,
  Trainer,
  type TrainerOptions,
  warmupCosine,
} from "@papilio/nn/training";
import { isBetter, type Outcome, type Task } from "./task.ts";

export interface Training {
  readonly metric: Task["metric"];
  readonly model: Model<never>;
  /** The graph of the loss that is trained. */
  readonly graph: Graph;
  readonly loss: Value;
  readonly seed: number;
  readonly rate: number;
  /** The rate at the end, as a share of the highest. */
  readonly final: number;
  readonly warmup: number;
  readonly steps: number;
  readonly options: Omit<TrainerOptions, "rate" | "multipliers" | "kernels">;
  /** Whether the first numbers are drawn for training from scratch, or left as the layers have them. */
  readonly drawn: boolean;
  batch(step: number): RunInputs;
  /** Steps from one evaluation to the next. */
  readonly every: number;
  evaluate(): Promise<{ readonly validation: number; readonly test: number }>;
}

/** Trains a model, and keeps what it had on the test data when it was best on the validation data. */
export async function train(training: Training): Promise<Outcome> {
  const { metric, model, graph, loss, seed, rate, steps, every } = training;
  if (training.drawn) initialize(graph, { seed });
  const parameters = [...model.namedParameters().values()];
  using trainer = new Trainer(graph, loss, parameters, {
    ...training.options,
    rate: warmupCosine({ rate, warmup: training.warmup, steps, final: training.final * rate }),
    multipliers: factorRates(graph),
    kernels: "wasm",
  });
  const curve: [number, number][] = [];
  let best: { readonly validation: number; readonly test: number } | undefined;
  let seconds = 0;
  for (let step = 0; step < steps; step++) {
    const inputs = training.batch(step);
    const started = performance.now();
    await trainer.step([inputs]);
    seconds += (performance.now() - started) / 1000;
    if ((step + 1) % every !== 0 && step + 1 !== steps) continue;
    await trainer.read();
    const found = await training.evaluate();
    curve.push([step + 1, found.validation]);
    if (best === undefined || isBetter(metric, found.validation, best.validation)) best = found;
  }
  return {
    parameters: parameters.reduce((sum, { length }) => sum + length, 0),
    linearWeights: linearWeights(model),
    steps,
    seconds,
    ...(best as NonNullable<typeof best>),
    curve,
  };
}

/** Numbers of all linear layers, without biases. */
function linearWeights(model: Model<never>): number {
  let sum = 0;
  for (const [, module] of model.namedModules()) {
    if (module instanceof LinearLayer) sum += module.weightCount;
  }
  return sum;
}
