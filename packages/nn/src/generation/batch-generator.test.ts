import fc from "fast-check";
import { expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { Llama } from "../models/llama.ts";
import {
  allOf,
  BATCHED,
  expectAnswersAlone,
  readSome,
  requests,
} from "../testing/batched-sequences.ts";
import { BatchGenerator, type BatchStatistics } from "./batch-generator.ts";
import type { SubmitOptions } from "./batch-options.ts";
import type { BatchToken } from "./batch-sequence.ts";
import { TextGenerator } from "./text-generator.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

const { model, vocabulary, sizes, pageBytes } = BATCHED;
const { context } = sizes;
/** Pages of 80 tokens. */
const SEQUENCE_BYTES = 3 * pageBytes;

async function tokensOf(stream: AsyncIterable<{ readonly id: number }>): Promise<number[]> {
  return (await allOf(stream)).map(({ id }) => id);
}

it("generates what each sequence alone is, bit by bit, whatever comes, goes and waits", {
  timeout: 60_000,
}, async () => {
  using single = TextGenerator.onCpu(model, sizes);
  using alone = BatchGenerator.onCpu(model, { ...sizes, maxSequences: 1 });
  const property = fc.asyncProperty(
    requests(9),
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 3, max: 12 }),
    async (given, maxSequences, pages) => {
      const options = { ...sizes, maxSequences, cacheBudget: pages * pageBytes };
      using generator = BatchGenerator.onCpu(model, options);
      for (const { prompt, options, ids } of await expectAnswersAlone(generator, alone, given)) {
        expect(ids).toEqual(await tokensOf(single.generate(prompt, options)));
      }
    },
  );
  await fc.assert(property, { numRuns: 20 });
});

it("generates the same tokens where a sequence alone has a program of its own", async () => {
  using single = TextGenerator.onCpu(model, sizes);
  using generator = BatchGenerator.onCpu(model, { ...sizes, reproducible: false });
  const prompts = [1, 2, 3].map((id) => Array.from({ length: 9 }, (_, at) => (5 * id + at) % 40));
  const options = { maxTokens: 30, temperature: 0.8, seed: 5 };
  const expected: number[][] = [];
  for (const prompt of prompts) expected.push(await tokensOf(single.generate(prompt, options)));
  expect(await tokensOf(generator.submit(prompts[0] as number[], options))).toEqual(expected[0]);
  const together = prompts.map((prompt, index) =>
    // The last one is alone at the end.
    tokensOf(generator.submit(prompt, { ...options, maxTokens: 10 * (index + 1) })),
  );
  expect(await Promise.all(together)).toEqual(
    expected.map((tokens, index) => tokens.slice(0, 10 * (index + 1))),
  );
});

it("computes a sequence again that gave its memory to one before it, and loses nothing", async () => {
  const prompts = [1, 2, 3].map((id) => Array.from({ length: 30 }, (_, at) => (id + at) % 40));
  const generate = async (pages: number): Promise<[BatchToken[][], BatchStatistics]> => {
    const cacheBudget = pages * pageBytes;
    using generator = BatchGenerator.onCpu(model, { ...sizes, cacheBudget });
    const options = { maxTokens: 40, temperature: 0.8, seed: 3, logprobs: 1 };
    const streams = prompts.map((prompt) => allOf(generator.submit(prompt, options)));
    return [await Promise.all(streams), generator.statistics];
  };
  const [expected, { preempted: never }] = await generate(9);
  const [found, { preempted, steps, decoded }] = await generate(4);
  expect([never, preempted > 0]).toEqual([0, true]);
  expect(found).toEqual(expected);
  // Several sequences in most steps.
  expect(decoded).toBeGreaterThan(steps);
});

it("generates the same after the numbers of parameters were released", async () => {
  const released = new Llama({
    vocabulary: 9,
    features: 8,
    layers: 1,
    heads: 2,
    hidden: 8,
    positions: 32,
  });
  const prompts = [[1, 2, 3], [4], [5, 6]];
  const generate = async (releaseParameters: boolean): Promise<number[][]> => {
    using generator = BatchGenerator.onCpu(released, { maxSequences: 2, releaseParameters });
    return await Promise.all(
      prompts.map((prompt) => tokensOf(generator.submit(prompt, { maxTokens: 5 }))),
    );
  };
  const kept = await generate(false);
  expect(await generate(true)).toEqual(kept);
  expect(() => [...released.namedParameters().values()][0]?.values).toThrow(
    code("PARAMETER_RELEASED"),
  );
});

it("lets sequences wait for room, and releases that of an aborted one at once", async () => {
  using generator = BatchGenerator.onCpu(model, {
    context,
    cacheBudget: SEQUENCE_BYTES + pageBytes / 2,
  });
  expect(generator.statistics).toEqual({
    ...{ running: 0, waiting: 0, most: 16, tokens: 0, steps: 0, decoded: 0, preempted: 0 },
    ...{ cacheBytes: 0, cacheBudget: SEQUENCE_BYTES },
  });
  const controller = new AbortController();
  // Two pages, and one; a third sequence waits for the pages of the first.
  const first = generator.submit(Array(33).fill(1), { signal: controller.signal });
  const [second, third] = [generator.submit([2]), generator.submit([3], { maxTokens: 4 })];
  await readSome(first, 1);
  expect(generator.statistics).toMatchObject({ running: 2, waiting: 1 });
  controller.abort(new Error("enough"));
  expect(generator.statistics).toMatchObject({ running: 1, waiting: 1 });
  expect(first.finishReason).toBe("abort");
  await expect(tokensOf(generator.submit([1], { signal: controller.signal }))).rejects.toThrow(
    "enough",
  );
  for await (const _ of second) break;
  expect(second.finishReason).toBe("abort");
  expect((await tokensOf(third)).length).toBe(4);
  expect(third.finishReason).toBe("length");
  expect(generator.statistics).toMatchObject({ running: 0, waiting: 0 });
});

it("ends for a stop token, a full context, and as many tokens as there may be", async () => {
  using generator = BatchGenerator.onCpu(model, { context });
  const all = generator.submit([7, 8]);
  const ids = await tokensOf(all);
  expect([ids.length, all.finishReason]).toEqual([context - 1, "length"]);
  const [stop = 0] = ids;
  const stopped = generator.submit([7, 8], { stopTokens: [stop] });
  expect([await tokensOf(stopped), stopped.finishReason]).toEqual([[], "stop"]);
  const none = generator.submit([7, 8], { maxTokens: 0 });
  expect([await tokensOf(none), none.finishReason]).toEqual([[], "length"]);
});

it("has the log probabilities of the model", async () => {
  using generator = BatchGenerator.onCpu(model, { context });
  const prompt = [3, 1, 4];
  const { logits } = new CpuModel(model.trace({ tokens: 3 }), { precision: "float64" }).runNow({
    ids: Uint32Array.from(prompt),
  });
  const last = Array.from(logits?.subarray(2 * vocabulary) ?? []);
  const total = last.reduce((sum, logit) => sum + Math.exp(logit), 0);
  const expected = last
    .map((logit, id) => ({ id, logprob: logit - Math.log(total) }))
    .toSorted((a, b) => b.logprob - a.logprob)
    .slice(0, 3);
  const [token] = await allOf(generator.submit(prompt, { maxTokens: 1, logprobs: 3 }));
  expect(token?.id).toBe(expected[0]?.id);
  expect(token?.logprob).toBeCloseTo(expected[0]?.logprob as number, 5);
  expect(token?.top?.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  for (const [place, { logprob }] of expected.entries()) {
    expect(token?.top?.[place]?.logprob).toBeCloseTo(logprob, 5);
  }
  const [plain] = await allOf(generator.submit(prompt, { maxTokens: 1 }));
  expect(plain).toEqual({ id: token?.id });
});

it("refuses what cannot be generated, with a code", () => {
  const create = (options: object) => () => BatchGenerator.onCpu(model, options);
  for (const maxSequences of [0, 1.5, 1025, Number.NaN]) {
    expect(create({ maxSequences })).toThrow(code("GENERATE_OPTION"));
  }
  for (const cacheBudget of [0, SEQUENCE_BYTES - 1, Number.NaN, -1]) {
    expect(create({ context, cacheBudget })).toThrow(code("CACHE_BUDGET"));
  }
  expect(create({ context: 89 })).toThrow(code("CONTEXT_LENGTH"));
  using generator = BatchGenerator.onCpu(model, { context: 4 });
  const submit =
    (prompt: number[], options: SubmitOptions = {}) =>
    () =>
      generator.submit(prompt, options);
  expect(submit([])).toThrow(code("PROMPT_EMPTY"));
  expect(submit([1, 2, 3, 4, 5])).toThrow(code("CONTEXT_LENGTH"));
  expect(submit([1, vocabulary])).toThrow(code("INDEX_RANGE"));
  expect(submit([1], { maxTokens: -1 })).toThrow(code("GENERATE_OPTION"));
  for (const logprobs of [-1, 0.5, 21]) {
    expect(submit([1], { logprobs })).toThrow(code("GENERATE_OPTION"));
  }
  expect(submit([1], { temperature: -1 })).toThrow(code("SAMPLING_OPTION"));
  expect(generator.statistics).toMatchObject({ running: 0, waiting: 0 });
});

it("lets the event loop run between steps", async () => {
  using generator = BatchGenerator.onCpu(model, { context, maxSequences: 1 });
  await tokensOf(generator.submit([7, 8]));
  const client = new AbortController();
  const streams = Array.from({ length: 300 }, () => {
    return tokensOf(generator.submit([7, 8], { signal: client.signal }));
  });
  // While all of them take hundreds of milliseconds, a timer of one is heard.
  setTimeout(() => client.abort(), 1);
  const ended = await Promise.allSettled(streams);
  expect(ended.at(-1)?.status).toBe("rejected");
});
