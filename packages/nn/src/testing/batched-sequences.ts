import fc from "fast-check";
import { expect } from "vitest";
import type { BatchGenerator } from "../generation/batch-generator.ts";
import type { SubmitOptions } from "../generation/batch-options.ts";
import type { BatchToken, TokenStream } from "../generation/batch-sequence.ts";
import { Llama } from "../models/llama.ts";

/** A model whose sequences have up to three pages, and what generators of it take. */
export const BATCHED = {
  vocabulary: 40,
  sizes: { context: 80, chunk: 5 },
  /** Two layers of keys and values of 8 features, of 32 tokens. */
  pageBytes: 2 * 2 * 8 * 4 * 32,
  model: new Llama({
    ...{ vocabulary: 40, features: 16, layers: 2, heads: 4, keyValueHeads: 2 },
    ...{ hidden: 24, positions: 88, seed: 5 },
  }),
} as const;

/** A request, and what becomes of it. */
export interface Request extends SubmitOptions {
  readonly prompt: readonly number[];
  /** Turns of the event loop before the next one is submitted. */
  readonly after: number;
  /** Tokens after which it is aborted. */
  readonly abortedAfter: number | undefined;
}

/** Up to so many requests, of any length, some of which are aborted. */
export function requests(most: number): fc.Arbitrary<Request[]> {
  const { vocabulary, sizes } = BATCHED;
  const request = fc
    .record({
      // Short ones, those that soon need another page, and all others.
      prompt: fc
        .constantFrom([1, 8], [26, 40], [1, sizes.context])
        .chain(([minLength, maxLength]) =>
          fc.array(fc.nat({ max: vocabulary - 1 }), { minLength, maxLength, size: "max" }),
        ),
      maxTokens: fc.constantFrom(0, 3, 12, 40, 60),
      temperature: fc.constantFrom(0, 0.8),
      seed: fc.nat({ max: 1000 }),
      stop: fc.constantFrom(undefined, undefined, undefined, 7),
      after: fc.constantFrom(0, 0, 1, 3),
      abortedAfter: fc.constantFrom(undefined, undefined, undefined, undefined, undefined, 0, 9),
    })
    .map(({ stop, ...rest }) => ({ ...rest, ...(stop !== undefined && { stopTokens: [stop] }) }));
  return fc.array(request, { minLength: 2, maxLength: most });
}

/**
 * Expects of each request that is not aborted the same tokens and log probabilities as from `alone`, bit by bit, which
 * has one at a time.
 *
 * @returns those requests, and their tokens
 */
export async function expectAnswersAlone(
  generator: BatchGenerator,
  alone: BatchGenerator,
  given: readonly Request[],
): Promise<{ readonly prompt: readonly number[]; options: SubmitOptions; ids: number[] }[]> {
  const aborted: Promise<void>[] = [];
  const kept: [Promise<BatchToken[]>, readonly number[], SubmitOptions][] = [];
  for (const { prompt, after, abortedAfter, ...options } of given) {
    const stream = generator.submit(prompt, { ...options, logprobs: 2 });
    if (abortedAfter === undefined) kept.push([allOf(stream), prompt, options]);
    else aborted.push(readSome(stream, abortedAfter).then(() => stream.abort()));
    for (let turn = 0; turn < after; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  await Promise.all(aborted);
  const answers: [readonly number[], SubmitOptions, BatchToken[]][] = [];
  for (const [tokens, prompt, options] of kept) answers.push([prompt, options, await tokens]);
  expect(generator.statistics).toMatchObject({ running: 0, waiting: 0, cacheBytes: 0 });
  for (const [prompt, options, tokens] of answers) {
    expect(tokens).toEqual(await allOf(alone.submit(prompt, { ...options, logprobs: 2 })));
  }
  return answers.map(([prompt, options, tokens]) => {
    return { prompt, options, ids: tokens.map(({ id }) => id) };
  });
}

export async function allOf<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of stream) all.push(one);
  return all;
}

/** Reads so many tokens, and goes on with the event loop in between. */
export async function readSome(stream: TokenStream, count: number): Promise<void> {
  const tokens = stream[Symbol.asyncIterator]();
  for (let read = 0; read < count; read++) if ((await tokens.next()).done) return;
}
