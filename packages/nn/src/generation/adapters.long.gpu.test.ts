import type { Gpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ADAPTERS, adaptedLlama } from "../testing/adapted-llama.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { BatchGenerator } from "./batch-generator.ts";
import { TextGenerator } from "./text-generator.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

it("a device switches between four adapters at each of 200 requests, in the same memory", async () => {
  const { model, adapters, merged } = adaptedLlama();
  const before = gpu.memory.statistics.inUse;
  const settings = { maxTokens: 2, temperature: 2, seed: 3 };
  const text = async (generator: TextGenerator, adapter?: string): Promise<number[]> => {
    const ids: number[] = [];
    const options = adapter === undefined ? settings : { ...settings, adapter };
    for await (const { id } of generator.generate([1], options)) ids.push(id);
    return ids;
  };
  {
    using generator = await TextGenerator.onDevice(gpu, model, { adapters, chunk: 1 });
    const expected = new Map<string, number[]>();
    for (const name of ADAPTERS) {
      using alone = TextGenerator.onCpu(merged(name));
      expected.set(name, await text(alone));
      expect(await text(generator, name)).toEqual(expected.get(name));
    }
    // Who packed the numbers again would be refused.
    for (const parameter of model.namedParameters().values()) parameter.release();
    const { inUse, allocations } = gpu.memory.statistics;
    for (let request = 0; request < 200; request++) {
      const name = ADAPTERS[(3 * request) % ADAPTERS.length] as string;
      expect(await text(generator, name)).toEqual(expected.get(name));
    }
    expect(gpu.memory.statistics).toMatchObject({ inUse, allocations });
  }
  expect(gpu.memory.statistics.inUse).toBe(before);
});

it("sequences with different adapters are generated together on a device, each as alone", async () => {
  const { model, adapters, merged } = adaptedLlama();
  const settings = { maxTokens: 3, temperature: 2, seed: 3 };
  const before = gpu.memory.statistics.inUse;
  {
    using generator = await BatchGenerator.onDevice(gpu, model, {
      ...{ adapters, maxSequences: 3, chunk: 1 },
    });
    const streams = [...ADAPTERS, ...ADAPTERS].map(
      (adapter) => [adapter, generator.submit([1, 5], { ...settings, adapter })] as const,
    );
    for (const [name, stream] of streams) {
      const ids: number[] = [];
      for await (const { id } of stream) ids.push(id);
      using alone = TextGenerator.onCpu(merged(name));
      const expected: number[] = [];
      for await (const { id } of alone.generate([1, 5], settings)) expected.push(id);
      expect([name, ids]).toEqual([name, expected]);
    }
  }
  expect(gpu.memory.statistics.inUse).toBe(before);
});
