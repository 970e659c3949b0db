import type { Gpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { monarch } from "../layers/butterfly-linear.ts";
import { Gpt2 } from "../models/gpt2.ts";
import { Llama } from "../models/llama.ts";
import { difference } from "../testing/draw.ts";
import { expectStory } from "../testing/expect-story.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { stories260K } from "../testing/test-data.ts";
import type { GenerateOptions } from "./generator-options.ts";
import { TextGenerator } from "./text-generator.ts";

let gpu: Gpu;
/** Of stories260K, for all tests: its kernels take most of their time to compile. The long test has the default sizes. */
let onDevice: TextGenerator;
beforeAll(async () => {
  gpu = await openTestGpu();
  onDevice = await TextGenerator.onDevice(gpu, stories260K().model, { context: 64, chunk: 8 });
});
afterAll(() => {
  onDevice.dispose();
  gpu.dispose();
});

async function idsOf(
  generator: TextGenerator,
  prompt: readonly number[],
  options: GenerateOptions,
): Promise<number[]> {
  const ids: number[] = [];
  for await (const { id } of generator.generate(prompt, options)) ids.push(id);
  return ids;
}

/** Of the logits: the reference has them in float32, computed in another order. */
const LOGITS_TOLERANCE = 1e-4;

describe("stories260K", () => {
  it("continues as the reference does, token for token, on the CPU and on the device", () =>
    expectStory(onDevice, 48));

  it("has the reference's logits after the first token", async () => {
    const { model, tokenizer, reference } = stories260K();
    const graph = model.trace({ tokens: 1 });
    const ids = Uint32Array.of(tokenizer.beginOfSequence as number);
    const { logits } = await new CpuModel(graph).run({ ids });
    const { error } = difference(logits as Float32Array, reference.logitsAfterBOS);
    expect(error).toBeLessThan(LOGITS_TOLERANCE);
  });

  it("takes no more memory in three further runs", async () => {
    const prompt = [1, 403, 407, 261, 378, 432, 383, 286, 261, 376];
    const first = await idsOf(onDevice, prompt, { maxTokens: 4 });
    const before = gpu.memory.statistics;
    const growth: number[] = [];
    for (let run = 0; run < 3; run++) {
      expect(await idsOf(onDevice, prompt, { maxTokens: 4 })).toEqual(first);
      growth.push(gpu.memory.statistics.inUse - before.inUse);
    }
    expect(growth).toEqual(growth.map(() => 0));
    expect(gpu.memory.statistics.reserved).toBe(before.reserved);
  });
});

describe("a generator", () => {
  it("gives the same whether a prompt is read in chunks or token by token", async () => {
    const { model } = stories260K();
    const prompt = Array.from({ length: 19 }, (_, index) => 300 + ((index * 31) % 200));
    const results: number[][] = [];
    for (const chunk of [1, 16, 64]) {
      using onCpu = TextGenerator.onCpu(model, { context: 64, chunk });
      results.push(await idsOf(onCpu, prompt, { maxTokens: 12 }));
    }
    results.push(await idsOf(onDevice, prompt, { maxTokens: 12 }));
    expect(new Set(results.map(String)).size).toBe(1);
  });

  it("samples the same text with the same seed, and another with another", async () => {
    const { model } = stories260K();
    using generator = TextGenerator.onCpu(model, { context: 48 });
    const text = (seed: number): Promise<number[]> =>
      idsOf(generator, [1], { maxTokens: 24, temperature: 1, topP: 0.95, topK: 50, seed });
    expect(await text(7)).toEqual(await text(7));
    expect(await text(7)).not.toEqual(await text(8));
  });

  it("ends at a stop token, at the end of the context, and when it is aborted", async () => {
    const { model, reference } = stories260K();
    using generator = TextGenerator.onCpu(model, { context: 20 });
    const all = await idsOf(generator, [1], {});
    // The last token of the context is predicted, and has no place itself.
    expect(all).toEqual(reference.greedyIds.slice(0, 20));
    const stop = all[5] as number;
    expect(await idsOf(generator, [1], { stopTokens: [stop] })).toEqual(
      all.slice(0, all.indexOf(stop)),
    );
    expect(await idsOf(generator, [1], { maxTokens: 0 })).toEqual([]);
    const controller = new AbortController();
    const heard: number[] = [];
    const listen = async (): Promise<void> => {
      for await (const { id } of generator.generate([1], { signal: controller.signal })) {
        heard.push(id);
        if (heard.length === 3) controller.abort();
      }
    };
    await expect(listen()).rejects.toThrow("aborted");
    expect(heard).toEqual(all.slice(0, 3));
    // It can be used again after that, and after a loop that was left early.
    for await (const { id } of generator.generate([1])) {
      expect(id).toBe(all[0]);
      break;
    }
    expect(await idsOf(generator, [1], {})).toEqual(all);
  });

  it("refuses what it cannot continue", async () => {
    const { model } = stories260K();
    using generator = TextGenerator.onCpu(model, { context: 16 });
    const code = (expected: string): unknown => expect.objectContaining({ code: expected });
    await expect(idsOf(generator, [], {})).rejects.toEqual(code("PROMPT_EMPTY"));
    await expect(idsOf(generator, [1.5], {})).rejects.toEqual(code("PROMPT_EMPTY"));
    await expect(idsOf(generator, [512], {})).rejects.toEqual(code("INDEX_RANGE"));
    const long = Array.from({ length: 17 }, () => 1);
    await expect(idsOf(generator, long, {})).rejects.toEqual(code("CONTEXT_LENGTH"));
    await expect(idsOf(generator, [1], { maxTokens: -1 })).rejects.toEqual(code("GENERATE_OPTION"));
    await expect(idsOf(generator, [1], { temperature: -1 })).rejects.toEqual(
      code("SAMPLING_OPTION"),
    );
    expect(() => TextGenerator.onCpu(model, { context: 513 })).toThrow(
      expect.objectContaining({ code: "CONTEXT_LENGTH" }),
    );
    const one = generator.generate([1]);
    await one.next();
    await expect(idsOf(generator, [1], {})).rejects.toEqual(code("GENERATOR_BUSY"));
    await one.return();
  });
});

describe("decoders with butterfly layers", () => {
  const linear = { projection: monarch(), ffn: monarch() };
  it.each([
    [
      "Llama",
      () =>
        new Llama({
          vocabulary: 50,
          features: 16,
          hidden: 64,
          layers: 2,
          heads: 4,
          keyValueHeads: 4,
          positions: 24,
          linear,
        }),
    ],
    [
      "GPT-2",
      () => new Gpt2({ vocabulary: 50, features: 16, layers: 2, heads: 2, positions: 24, linear }),
    ],
  ] as const)(
    "%s has the same logits by steps, whole, on the CPU and on the device",
    async (_, make) => {
      const model = make();
      const tokens = [3, 14, 15, 9, 26, 5, 35, 8];
      const ids = Uint32Array.from(tokens);
      const whole = new CpuModel(model.trace({ tokens: tokens.length }), { precision: "float64" });
      const { logits } = whole.runNow({ ids });
      const last = (logits as Float64Array).slice(-50);
      const expected = [...last].indexOf(Math.max(...last));
      for (const generator of [
        TextGenerator.onCpu(model, { chunk: 3 }),
        await TextGenerator.onDevice(gpu, model, { chunk: 3 }),
      ]) {
        using owned = generator;
        expect(await idsOf(owned, tokens, { maxTokens: 1 })).toEqual([expected]);
      }
    },
  );
});
