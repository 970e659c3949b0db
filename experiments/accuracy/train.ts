import type { Model } from "@papilio/nn";
import { LinearLayer } from "@papilio/nn/layers";
import {
  type DisposableTask,
  type Evaluation,
  factorRates,
  initialize,
  type TrainOptions,
  train,
  warmupCosine,
} from "@papilio/nn/training";
import { type Choice, isBetter, type Outcome, type Task } from "./task.ts";

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
}

/** Trains a model, and keeps what it had on the test data when it was best on the validation data. */
export async function trainBest(
  { rate, decay, seed }: Choice,
  { metric, model, task, tested, final, warmup, options, drawn }: Training,
): Promise<Outcome> {
  using _ = task;
  using __ = tested;
  if (drawn) initialize(task.graph, { seed });
  const { steps } = options;
  const curve: [number, number][] = [];
  let best: { readonly validation: number; readonly test: number } | undefined;
  let evaluating = 0;
  const measure = async (of: DisposableTask): Promise<Evaluation> => {
    const started = performance.now();
    const found = await of.evaluate?.();
    evaluating += performance.now() - started;
    return found as Evaluation;
  };
  const started = performance.now();
  await train(
    { ...task, evaluate: () => measure(task) },
    {
      ...options,
      decay,
      rate: warmupCosine({ rate, warmup, steps, final: final * rate }),
      multipliers: factorRates(task.graph),
      kernels: "wasm",
      onStep: async ({ step }, found) => {
        if (found === undefined) return;
        const validation = found[metric];
        curve.push([step + 1, validation]);
        if (best !== undefined && !isBetter(metric, validation, best.validation)) return;
        best = { validation, test: (await measure(tested))[metric] };
      },
    },
  );
  const seconds = (performance.now() - started - evaluating) / 1000;
  return {
    parameters: model.parameterCount,
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
  for (const module of model.namedModules().values()) {
    if (module instanceof LinearLayer) sum += module.weightCount;
  }
  return sum;
}
