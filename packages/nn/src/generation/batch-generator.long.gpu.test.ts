import fc from "fast-check";
import { expect, it } from "vitest";
import {
  BATCHED,
  expectAnswersAlone,
  type Request,
  requests,
} from "../testing/batched-sequences.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { BatchGenerator } from "./batch-generator.ts";

/** One page each at first, which are all that there are, and soon two: some have to wait. */
const CROWD = Array.from({ length: 5 }, (_, index): Request => {
  const prompt = Array.from({ length: 30 }, (_, at) => (7 * at + index) % BATCHED.vocabulary);
  return {
    prompt,
    maxTokens: 12,
    temperature: 0.8,
    seed: index,
    after: 0,
    abortedAfter: undefined,
  };
});

it("generates on a device what each sequence alone is, bit by bit, whatever comes, goes and waits", async () => {
  using gpu = await openTestGpu();
  const { model, sizes, pageBytes } = BATCHED;
  const options = { ...sizes, maxSequences: 5, cacheBudget: 5 * pageBytes };
  using generator = await BatchGenerator.onDevice(gpu, model, options);
  const property = fc.asyncProperty(requests(7), async (given) => {
    await expectAnswersAlone(generator, generator, given);
  });
  await fc.assert(property, { numRuns: 8, examples: [[CROWD]] });
  expect(generator.statistics.preempted).toBeGreaterThan(0);
});
