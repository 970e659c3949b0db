import { expect, it } from "vitest";
import { Llama } from "../models/llama.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { BatchGenerator } from "./batch-generator.ts";
import type { BatchToken } from "./batch-sequence.ts";
import { TextGenerator } from "./text-generator.ts";

async function allOf<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of stream) all.push(one);
  return all;
}

it("generates on a device what each sequence alone is, bit by bit, and releases its memory", async () => {
  using gpu = await openTestGpu();
  const model = new Llama({
    ...{ vocabulary: 40, features: 16, layers: 1, heads: 2, hidden: 24, positions: 40, seed: 5 },
  });
  const before = gpu.memory.statistics.inUse;
  const sizes = { context: 40, chunk: 7 };
  // The first two need a second page each; the rest of the last one is no chunk that fits, and it ends with the context.
  const long = Array.from({ length: 39 }, (_, index) => (7 * index) % 40);
  const requests = [
    { prompt: long.slice(0, 31), options: { maxTokens: 3 } },
    { prompt: long.slice(5, 36), options: { maxTokens: 3, temperature: 0.7, seed: 4 } },
    { prompt: [9], options: { maxTokens: 3, temperature: 0.7, seed: 3 } },
    { prompt: long, options: {} },
  ];
  const single: number[][] = [];
  {
    using generator = await TextGenerator.onDevice(gpu, model, sizes);
    for (const { prompt, options } of requests) {
      single.push((await allOf(generator.generate(prompt, options))).map(({ id }) => id));
    }
  }
  {
    // Three pages: of keys and of values, 32 tokens of 16 features.
    const cacheBudget = 3 * 2 * 32 * 16 * 4;
    const options = { ...sizes, maxSequences: 3, cacheBudget };
    using batched = await BatchGenerator.onDevice(gpu, model, options);
    const submit = ({ prompt, options: own }: (typeof requests)[number]): Promise<BatchToken[]> =>
      allOf(batched.submit(prompt, { ...own, logprobs: 2 }));
    const alone: BatchToken[][] = [];
    for (const request of requests) alone.push(await submit(request));
    expect(alone.map((tokens) => tokens.map(({ id }) => id))).toEqual(single);
    expect(batched.statistics.preempted).toBe(0);
    expect(await Promise.all(requests.map(submit))).toEqual(alone);
    expect(batched.statistics.preempted).toBeGreaterThan(0);
  }
  expect(gpu.memory.statistics.inUse).toBe(before);
});
