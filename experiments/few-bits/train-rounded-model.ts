import { imitationTask, trainRounded, warmupCosine } from "@papilio/nn/training";
import type { Rounded } from "./round-model.ts";
import type { Subject } from "./subjects.ts";

/** As `papilio quantize --train` has it, unless it is told otherwise. */
const [RATE, WARMUP, EVALUATIONS] = [0.0015, 0.05, 10];

/** Trains a model whose matrices were rounded, on its training data, and leaves it with the best numbers. */
export async function trainRoundedModel(
  { model, imitation }: Subject,
  { numbers }: Rounded,
  steps: number,
): Promise<void> {
  using task = imitationTask({
    ...{ ...imitation, parameters: model.namedParameters(), seed: 0, kernels: "wasm" },
  });
  await trainRounded(task, {
    ...{ rounded: numbers, kernels: "wasm", optimizer: { kind: "adamw", beta2: 0.99 }, clip: 1 },
    rate: warmupCosine({ rate: RATE, steps, warmup: Math.floor(WARMUP * steps) }),
    ...{ steps, evaluateEvery: Math.ceil(steps / EVALUATIONS) },
    onStep: ({ step, loss }, found) => {
      if (found !== undefined) console.error(`${step + 1} of ${steps}: ${loss}, ${found.loss}`);
    },
  });
}
