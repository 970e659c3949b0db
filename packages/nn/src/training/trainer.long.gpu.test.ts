import type { Gpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { expectSameTraining, OPTIMIZERS, train } from "../testing/train-model.ts";
import { TRAINING_MODELS, type TrainingModel } from "../testing/training-models.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

/** Gradients, activations and weights are rounded by as much, a hundred times one after the other. */
const HALF = 100 * 2 ** -11;

const perceptron = TRAINING_MODELS["a perceptron of three factors"] as () => TrainingModel;

describe.each(Object.entries(TRAINING_MODELS))("%s", (_, make) => {
  it.each(Object.entries(OPTIMIZERS))(
    "is trained on the device as by the reference, and the same again, by %s",
    async (_, options) => {
      const found = await train(make, { ...options, gpu });
      expectSameTraining(found, await train(make, options), options);
      expect(await train(make, { ...options, gpu })).toEqual(found);
    },
  );
});

it.for(Object.entries(OPTIMIZERS))(
  "a perceptron is trained in half precision by %s",
  async ([, options], { skip }) => {
    skip(!gpu.report.features.f16, "the adapter has no half precision");
    const found = await train(perceptron, { ...options, gpu, dtype: "f16" });
    const expected = await train(perceptron, options);
    for (const [step, loss] of expected.losses.entries()) {
      expect(Math.abs((found.losses[step] as number) - loss)).toBeLessThan(HALF * loss);
      const norm = expected.norms[step] as number;
      expect(Math.abs((found.norms[step] as number) - norm)).toBeLessThan(HALF * norm);
    }
    expect(await train(perceptron, { ...options, gpu, dtype: "f16" })).toEqual(found);
  },
);
