import { describeConstructions } from "@papilio/place-behaviour";
import { afterAll, beforeAll, describe } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";

describe("exact constructions on the device", () => {
  let gpu: Gpu;
  beforeAll(async () => {
    gpu = await openTestGpu();
  });
  afterAll(() => gpu.dispose());

  describeConstructions(() => gpu);
});
