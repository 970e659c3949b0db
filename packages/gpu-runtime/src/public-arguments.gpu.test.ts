import { makeAll, mistakes, sweep } from "@papilio/public-arguments";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "./index.ts";
import { openTestGpu } from "./testing/open-test-gpu.ts";
import { deviceCalls, openFixtures } from "./testing/public-device-calls.ts";

let gpu: Gpu;

beforeAll(async () => {
  gpu = await openTestGpu();
  await openFixtures(gpu);
});

afterAll(() => gpu.dispose());

/** Values of another kind than those of the table that are as good. */
const taken: RegExp[] = [];

describe("public functions that need a device", () => {
  it("take the arguments of the table", () => makeAll(deviceCalls));

  it("refuse others with a code", async () => {
    expect(mistakes(await sweep(deviceCalls), taken)).toEqual([]);
  });
});
