import type { Gpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { expectSameTraining, OPTIMIZERS, train } from "../testing/train-model.ts";
import { TRAINING_MODELS } from "../testing/training-models.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

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
