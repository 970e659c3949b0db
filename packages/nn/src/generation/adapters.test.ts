import { DisposableStack } from "@papilio/butterfly";
import { type OpenCpu, type OpenEngine, openCpu } from "@papilio/cpu-runtime/kernels";
import { describe, expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { CpuWeightStore } from "../backends/cpu/cpu-weight-store.ts";
import type { Decoder } from "../models/decoder.ts";
import { ADAPTERS, adaptedLlama } from "../testing/adapted-llama.ts";
import { adapterFixture } from "../testing/adapter-fixtures.ts";
import { BatchGenerator } from "./batch-generator.ts";
import type { BatchToken } from "./batch-sequence.ts";
import { TextGenerator } from "./text-generator.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const PROMPT = [1, 5, 2];
/** No two adapters continue the prompt alike, nor as the model alone. */
const SETTINGS = { maxTokens: 5, temperature: 2, seed: 3 };

async function text(generator: TextGenerator, adapter?: string): Promise<number[]> {
  const ids: number[] = [];
  const options = adapter === undefined ? SETTINGS : { ...SETTINGS, adapter };
  for await (const { id } of generator.generate(PROMPT, options)) ids.push(id);
  return ids;
}

async function alone(model: Decoder): Promise<number[]> {
  using generator = TextGenerator.onCpu(model);
  return await text(generator);
}

describe("a generator with adapters", () => {
  it("switches between four at each of 200 requests, in the same memory, and packs nothing again", async () => {
    const { model, adapters, merged } = adaptedLlama();
    const names = [undefined, ...ADAPTERS];
    const expected = new Map<string | undefined, number[]>([[undefined, await alone(model)]]);
    for (const name of ADAPTERS) expected.set(name, await alone(merged(name)));
    expect(new Set([...expected.values()].map(String)).size).toBe(names.length);
    const { memory } = ((await openCpu(undefined)) as OpenCpu & OpenEngine).engine;
    // Numbers are released once they are packed: who packed them again would be refused.
    using generator = TextGenerator.onCpu(model, { adapters, releaseParameters: true });
    for (const name of names) expect(await text(generator, name)).toEqual(expected.get(name));
    const weight = [...model.namedParameters().values()][0];
    expect(() => weight?.values).toThrow(code("PARAMETER_RELEASED"));
    const { inUse, byLabel } = memory.statistics;
    for (let request = 0; request < 200; request++) {
      const name = names[(7 * request) % names.length];
      expect(await text(generator, name)).toEqual(expected.get(name));
    }
    expect(memory.statistics.inUse).toBe(inUse);
    expect(memory.statistics.byLabel).toEqual(byLabel);
  });

  it("holds the base model's packed weights once", async () => {
    const { model, adapters } = adaptedLlama();
    using held = new DisposableStack();
    const weights = new CpuWeightStore();
    const packed = async (decoder: Decoder): Promise<number> => {
      const graph = decoder.traceStep({ tokens: 1, context: 8 });
      await held.use(new CpuModel(graph, { kernels: "wasm", weights })).prepare();
      return weights.bytes;
    };
    const base = await packed(model);
    let before = base;
    for (const name of ADAPTERS) {
      const after = await packed(adapters[name] as Decoder);
      // What changes two of eight layers of so small a model is not small beside it, but less than half.
      expect(after - before).toBeGreaterThan(0);
      expect(after - before).toBeLessThan(base / 2);
      before = after;
      expect(await packed(adapters[name] as Decoder)).toBe(after);
    }
  });

  it("refuses names that there are not, and other models", async () => {
    const { model, adapters } = adaptedLlama();
    using generator = TextGenerator.onCpu(model, { adapters });
    await expect(text(generator, "peft-lor")).rejects.toThrow(code("ADAPTER_UNKNOWN"));
    await expect(text(generator, "toString")).rejects.toThrow(code("ADAPTER_UNKNOWN"));
    expect(await text(generator)).toHaveLength(SETTINGS.maxTokens);
    const other = adapterFixture("llama-16/peft-lora").model() as Decoder;
    expect(() => TextGenerator.onCpu(model, { adapters: { other } })).toThrow(
      code("ADAPTER_MISMATCH"),
    );
    using batch = BatchGenerator.onCpu(model, { adapters });
    expect(() => batch.submit(PROMPT, { adapter: "none" })).toThrow(code("ADAPTER_UNKNOWN"));
  });
});

it("sequences with different adapters are generated together, each as alone", async () => {
  const { model, adapters, merged } = adaptedLlama();
  using generator = BatchGenerator.onCpu(model, { adapters, maxSequences: 4 });
  const names = [undefined, ...ADAPTERS, ...ADAPTERS];
  const streams = names.map((adapter) => {
    const options = adapter === undefined ? SETTINGS : { ...SETTINGS, adapter };
    return generator.submit(PROMPT, options);
  });
  for (const [index, stream] of streams.entries()) {
    const ids: number[] = [];
    for await (const { id } of stream) ids.push(id);
    const name = names[index];
    expect(ids).toEqual(await alone(name === undefined ? model : merged(name)));
  }
});

it("a sequence that is aborted within a step leaves the keys and values of the others alone", async () => {
  const { model, adapters } = adaptedLlama();
  using generator = BatchGenerator.onCpu(model, { adapters, maxSequences: 2 });
  const options = { maxTokens: 9, logprobs: 1 };
  const expected: BatchToken[] = [];
  for await (const token of generator.submit(PROMPT, options)) expected.push(token);
  const [adapter] = ADAPTERS;
  const first = generator.submit(PROMPT, options);
  const second = generator.submit(PROMPT, { ...options, adapter });
  const found: BatchToken[] = [];
  // Sequences of the model alone have their turn before those of its adapter.
  for await (const token of first) {
    found.push(token);
    if (found.length === 3) second.abort();
  }
  expect(found).toEqual(expected);
});

it("a batched generator reads prompts token by token, where a chunk is one", async () => {
  const { model } = adaptedLlama();
  using generator = BatchGenerator.onCpu(model, { chunk: 1 });
  const ids: number[] = [];
  for await (const { id } of generator.submit(PROMPT, SETTINGS)) ids.push(id);
  expect(ids).toEqual(await alone(model));
});
