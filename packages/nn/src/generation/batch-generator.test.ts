import fc from "fast-check";
import { expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { Llama } from "../models/llama.ts";
import { BatchGenerator, type BatchStatistics } from "./batch-generator.ts";
import type { SubmitOptions } from "./batch-options.ts";
import type { BatchToken, TokenStream } from "./batch-sequence.ts";
import { TextGenerator } from "./text-generator.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

const CONTEXT = 80;
const VOCABULARY = 40;
const model = new Llama({
  ...{ vocabulary: VOCABULARY, features: 16, layers: 2, heads: 4, keyValueHeads: 2 },
  ...{ hidden: 24, positions: 88, seed: 5 },
});
/** Two layers of keys and values of 8 features, of 32 tokens. */
const PAGE_BYTES = 2 * 2 * 8 * 4 * 32;
/** Pages of 80 tokens. */
const SEQUENCE_BYTES = 3 * PAGE_BYTES;

async function allOf<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of stream) all.push(one);
  return all;
}

async function tokensOf(stream: AsyncIterable<{ readonly id: number }>): Promise<number[]> {
  return (await allOf(stream)).map(({ id }) => id);
}

/** Reads so many tokens, and goes on with the event loop in between. */
async function readSome(stream: TokenStream, count: number): Promise<void> {
  const tokens = stream[Symbol.asyncIterator]();
  for (let read = 0; read < count; read++) if ((await tokens.next()).done) return;
}

const SIZES = { context: CONTEXT, chunk: 5 };

const sequences = fc.record({
  // Short ones, those that soon need another page, and all others.
  prompt: fc
    .constantFrom([1, 8], [26, 40], [1, CONTEXT])
    .chain(([minLength, maxLength]) =>
      fc.array(fc.nat({ max: VOCABULARY - 1 }), { minLength, maxLength, size: "max" }),
    ),
  maxTokens: fc.constantFrom(0, 3, 12, 40, 60),
  temperature: fc.constantFrom(0, 0.8),
  seed: fc.nat({ max: 1000 }),
  stop: fc.constantFrom(undefined, undefined, undefined, 7),
  // How many tokens of the sequence before are read before this one is submitted.
  after: fc.constantFrom(0, 0, 1, 3),
  abortedAfter: fc.constantFrom(undefined, undefined, undefined, undefined, undefined, 0, 9),
});

it("generates what each sequence alone is, bit by bit, whatever comes, goes and waits", {
  timeout: 60_000,
}, async () => {
  using single = TextGenerator.onCpu(model, SIZES);
  using alone = BatchGenerator.onCpu(model, { ...SIZES, maxSequences: 1 });
  const property = fc.asyncProperty(
    fc.array(sequences, { minLength: 2, maxLength: 9 }),
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 3, max: 12 }),
    async (given, maxSequences, pages) => {
      const cacheBudget = pages * PAGE_BYTES;
      using generator = BatchGenerator.onCpu(model, { ...SIZES, maxSequences, cacheBudget });
      const aborted: Promise<void>[] = [];
      const kept: [Promise<BatchToken[]>, readonly number[], SubmitOptions][] = [];
      for (const { prompt, stop, after, abortedAfter, ...rest } of given) {
        const options = { ...rest, ...(stop !== undefined && { stopTokens: [stop] }), logprobs: 2 };
        const stream = generator.submit(prompt, options);
        if (abortedAfter === undefined) kept.push([allOf(stream), prompt, options]);
        else aborted.push(readSome(stream, abortedAfter).then(() => stream.abort()));
        for (let turn = 0; turn < after; turn++) {
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      await Promise.all(aborted);
      for (const [tokens, prompt, options] of kept) {
        const found = await tokens;
        expect(found).toEqual(await allOf(alone.submit(prompt, options)));
        const { logprobs: _, ...plain } = options;
        expect(found.map(({ id }) => id)).toEqual(await tokensOf(single.generate(prompt, plain)));
      }
      expect(generator.statistics).toMatchObject({ running: 0, waiting: 0, cacheBytes: 0 });
    },
  );
  await fc.assert(property, { numRuns: 20 });
});

it("computes a sequence again that gave its memory to one before it, and loses nothing", async () => {
  const prompts = [1, 2, 3].map((id) => Array.from({ length: 30 }, (_, at) => (id + at) % 40));
  const generate = async (pages: number): Promise<[BatchToken[][], BatchStatistics]> => {
    const cacheBudget = pages * PAGE_BYTES;
    using generator = BatchGenerator.onCpu(model, { ...SIZES, cacheBudget });
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
    context: CONTEXT,
    cacheBudget: SEQUENCE_BYTES + PAGE_BYTES / 2,
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
  using generator = BatchGenerator.onCpu(model, { context: CONTEXT });
  const all = generator.submit([7, 8]);
  const ids = await tokensOf(all);
  expect([ids.length, all.finishReason]).toEqual([CONTEXT - 1, "length"]);
  const [stop = 0] = ids;
  const stopped = generator.submit([7, 8], { stopTokens: [stop] });
  expect([await tokensOf(stopped), stopped.finishReason]).toEqual([[], "stop"]);
  const none = generator.submit([7, 8], { maxTokens: 0 });
  expect([await tokensOf(none), none.finishReason]).toEqual([[], "length"]);
});

it("has the log probabilities of the model", async () => {
  using generator = BatchGenerator.onCpu(model, { context: CONTEXT });
  const prompt = [3, 1, 4];
  const { logits } = new CpuModel(model.trace({ tokens: 3 }), { precision: "float64" }).runNow({
    ids: Uint32Array.from(prompt),
  });
  const last = Array.from(logits?.subarray(2 * VOCABULARY) ?? []);
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
    expect(create({ context: CONTEXT, cacheBudget })).toThrow(code("CACHE_BUDGET"));
  }
  expect(create({ context: 89 })).toThrow(code("CONTEXT_LENGTH"));
  using generator = BatchGenerator.onCpu(model, { context: 4 });
  const submit =
    (prompt: number[], options: SubmitOptions = {}) =>
    () =>
      generator.submit(prompt, options);
  expect(submit([])).toThrow(code("PROMPT_EMPTY"));
  expect(submit([1, 2, 3, 4, 5])).toThrow(code("CONTEXT_LENGTH"));
  expect(submit([1, VOCABULARY])).toThrow(code("INDEX_RANGE"));
  expect(submit([1], { maxTokens: -1 })).toThrow(code("GENERATE_OPTION"));
  for (const logprobs of [-1, 0.5, 21]) {
    expect(submit([1], { logprobs })).toThrow(code("GENERATE_OPTION"));
  }
  expect(submit([1], { temperature: -1 })).toThrow(code("SAMPLING_OPTION"));
  expect(generator.statistics).toMatchObject({ running: 0, waiting: 0 });
});

it("lets the event loop run between steps", async () => {
  using generator = BatchGenerator.onCpu(model, { context: CONTEXT, maxSequences: 1 });
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
