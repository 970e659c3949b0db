import {
  type DisposableTask,
  type Evaluation,
  factorDecays,
  factorRates,
  initialize,
  train,
  warmupCosine,
} from "@papilio/nn/training";
import { linearWeights } from "./sizes.ts";
import { type Choice, isBetter, type Outcome, type Training } from "./task.ts";

/** Trains a model, and keeps what it had on the test data when it was best on the validation data. */
export async function trainBest(
  { rate, decay, seed }: Choice,
  training: Training,
): Promise<Outcome> {
  const { metric, model, task, tested, final, warmup, options } = training;
  using _ = task;
  using __ = tested;
  if (training.drawn) initialize(task.graph, { seed, factors: training.factors });
  const { steps } = options;
  const curve: [number, number][] = [];
  let best: Pick<Outcome, "validation" | "test" | "agreement"> | undefined;
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
      ...(training.oneRate ? {} : { multipliers: factorRates(task.graph) }),
      ...(training.dividedDecay ? { decays: factorDecays(task.graph) } : {}),
      kernels: "wasm",
      onStep: async ({ step }, found) => {
        if (found === undefined) return;
        const validation = found[metric] ?? Number.NaN;
        curve.push([step + 1, validation]);
        if (best !== undefined && !isBetter(metric, validation, best.validation)) return;
        training.onBest?.();
        const { accuracy = Number.NaN, ...known } = await measure(tested);
        best = {
          validation,
          test: metric === "accuracy" ? accuracy : known.loss,
          ...(training.labelledByTeacher ? { agreement: accuracy } : {}),
        };
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
