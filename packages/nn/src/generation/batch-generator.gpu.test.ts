import { expect, it } from "vitest";
import { Llama } from "../models/llama.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { BatchGenerator } from "./batch-generator.ts";
import { TextGenerator } from "./text-generator.ts";

it("generates on a device what each sequence alone is, and releases its memory", async () => {
  using gpu = await openTestGpu();
  const model = new Llama({
    ...{ vocabulary: 40, features: 16, layers: 1, heads: 2, hidden: 24, positions: 32, seed: 5 },
  });
  const before = gpu.memory.statistics.inUse;
  const sizes = { context: 16, chunk: 4 };
  const requests = [
    { prompt: [1, 2, 3, 4, 5, 6], options: { maxTokens: 6 } },
    { prompt: [9], options: { maxTokens: 4, temperature: 0.7, seed: 3 } },
    { prompt: [7, 7, 2], options: { maxTokens: 5, temperature: 0.7, seed: 4 } },
  ];
  const idsOf = async (tokens: AsyncIterable<{ readonly id: number }>): Promise<number[]> => {
    const ids: number[] = [];
    for await (const { id } of tokens) ids.push(id);
    return ids;
  };
  const expected: number[][] = [];
  {
    using alone = await TextGenerator.onDevice(gpu, model, sizes);
    for (const { prompt, options } of requests) {
      expected.push(await idsOf(alone.generate(prompt, options)));
    }
  }
  {
    using batched = await BatchGenerator.onDevice(gpu, model, { ...sizes, maxSequences: 2 });
    const streams = requests.map(({ prompt, options }) => batched.submit(prompt, options));
    expect(await Promise.all(streams.map(idsOf))).toEqual(expected);
  }
  expect(gpu.memory.statistics.inUse).toBe(before);
});
