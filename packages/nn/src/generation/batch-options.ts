import { PapilioError } from "@papilio/butterfly";
import {
  anyNumber,
  type Check,
  flag,
  listOf,
  objectOf,
  optional,
  signal as signalCheck,
} from "../arguments/checks.ts";
import type { Decoder } from "../models/decoder.ts";
import { type AdaptedModels, adapterNameCheck, modelWith } from "./adapted-models.ts";
import {
  type GenerateOptions,
  type GeneratorOptions,
  requireOption,
  requirePrompt,
} from "./generator-options.ts";
import { pagesFor } from "./page-pool.ts";

/** How much a batched generator holds, and takes at a time. */
export interface BatchGeneratorOptions extends GeneratorOptions {
  /** Sequences that are generated at once, at most, 1024 at most; 16 unless given. Others wait. */
  readonly maxSequences?: number;
  /**
   * Bytes of keys and values of all sequences, at most, as float32: memory that the generator takes at once, in pages of
   * 32 tokens, and one sequence of the whole context at least. What `maxSequences` of the whole context take unless
   * given, but 512 MiB at most. Sequences that there is no room for wait; where running ones grow past it, those that
   * joined last give their pages back, wait, and are computed again.
   */
  readonly cacheBudget?: number;
  /**
   * Whether the numbers of a sequence are the same, bit by bit, whatever else is generated; true unless given. A sequence
   * that is alone then takes as long as four of them on the CPU, and as `maxSequences` on a device. Without it, it is
   * computed by a program of its own, whose sums are in another order.
   */
  readonly reproducible?: boolean;
}

/** What is asked for one sequence. */
export interface SubmitOptions extends GenerateOptions {
  /** Also the log probability of each token, and those of so many of the most likely ones: 0 to 20. */
  readonly logprobs?: number;
}

const MAX_SEQUENCES = 16;
const MOST_SEQUENCES = 1024;
/** Of a pool that nobody asked for. */
const MOST_BYTES = 512 * 2 ** 20;
/** As OpenAI's interface has it. */
const MOST_LOGPROBS = 20;

export const batchGeneratorCheck: Check = objectOf({
  maxSequences: optional(anyNumber),
  cacheBudget: optional(anyNumber),
  reproducible: optional(flag),
});
const submitCheck: Check = objectOf({
  maxTokens: optional(anyNumber),
  stopTokens: optional(listOf(anyNumber)),
  adapter: adapterNameCheck,
  logprobs: optional(anyNumber),
  signal: signalCheck,
});

/**
 * How many sequences are generated at once, at most, and how many pages their keys and values may have.
 *
 * @param pageBytes of the keys and values of a page
 * @throws PapilioError `GENERATE_OPTION`, `CACHE_BUDGET`
 */
export function poolOf(
  { maxSequences = MAX_SEQUENCES, cacheBudget }: BatchGeneratorOptions,
  context: number,
  pageBytes: number,
): { readonly most: number; readonly pages: number } {
  if (!(Number.isInteger(maxSequences) && maxSequences >= 1 && maxSequences <= MOST_SEQUENCES)) {
    throw new PapilioError(
      "GENERATE_OPTION",
      `maxSequences is ${maxSequences}.`,
      `Use a whole number from 1 to ${MOST_SEQUENCES}.`,
    );
  }
  const each = pagesFor(context);
  const budget = cacheBudget ?? Math.max(MOST_BYTES, each * pageBytes);
  const pages = Math.min(maxSequences * each, Math.floor(budget / pageBytes));
  if (pages >= each) return { most: maxSequences, pages };
  throw new PapilioError(
    "CACHE_BUDGET",
    `The keys and values of one sequence take ${each * pageBytes} bytes, and the budget is ${cacheBudget}.`,
    "Raise cacheBudget, or give a shorter context.",
  );
}

/**
 * Refuses a sequence that cannot be generated, before it joins others.
 *
 * @throws PapilioError `PROMPT_EMPTY`, `CONTEXT_LENGTH`, `INDEX_RANGE`, `GENERATE_OPTION`, `OPTION_INVALID`,
 *   `ADAPTER_UNKNOWN`
 */
export function requireSequence(
  model: Decoder,
  adapted: AdaptedModels,
  context: number,
  prompt: readonly number[],
  options: SubmitOptions,
): void {
  listOf(anyNumber)("The prompt", prompt);
  submitCheck("submit", options);
  modelWith(model, adapted, options.adapter); // refuses a name that there is not
  const { vocabulary } = model;
  const { maxTokens = Number.POSITIVE_INFINITY, logprobs = 0 } = options;
  requirePrompt(prompt, context);
  const wrong = prompt.findIndex((id) => id >= vocabulary);
  if (wrong !== -1) {
    throw new PapilioError(
      "INDEX_RANGE",
      `Token ${wrong} of the prompt is ${prompt[wrong]}, but it must be less than ${vocabulary}.`,
      "Give tokens of the model's vocabulary.",
    );
  }
  requireOption("maxTokens", maxTokens, maxTokens >= 0);
  const valid = Number.isInteger(logprobs) && logprobs >= 0 && logprobs <= MOST_LOGPROBS;
  if (valid) return;
  throw new PapilioError(
    "GENERATE_OPTION",
    `logprobs is ${logprobs}.`,
    `Use a whole number from 0 to ${MOST_LOGPROBS}.`,
  );
}
