import { PapilioError } from "@papilio/butterfly";
import {
  anyNumber,
  type Check,
  having,
  listOf,
  objectOf,
  optional,
  signal as signalCheck,
} from "../arguments/checks.ts";
import { contextError, type Decoder } from "../models/decoder.ts";
import {
  type AdaptedModels,
  adaptedCheck,
  adapterNameCheck,
  requireAdapted,
} from "./adapted-models.ts";
import type { SamplingOptions } from "./sampling.ts";

/** How much a generator holds, and takes at a time. */
export interface GeneratorOptions {
  /**
   * Tokens of the prompt and of the text together, at most: the cache has memory for so many. As many as
   * the model has positions unless given, but 4096 at most.
   */
  readonly context?: number;
  /** Tokens of a prompt that are computed at once; 64 unless given. */
  readonly chunk?: number;
  /**
   * The same model with adapters, as `applyAdapters` returns it, by names that texts are generated with. All share the
   * packed weights of the model; what is an adapter's own is packed at its first use.
   */
  readonly adapters?: AdaptedModels;
}

export interface GenerateOptions extends SamplingOptions {
  /** Tokens to generate, at most; until the context is full unless given. */
  readonly maxTokens?: number;
  /** Ends before one of these. */
  readonly stopTokens?: readonly number[];
  /** The name of the adapter that the text is generated with; without one it is the model alone. */
  readonly adapter?: string;
  readonly signal?: AbortSignal;
}

const decoderCheck = having("a Decoder", "traceStep", "positions", "vocabulary");
export const generatorCheck: Check = objectOf({
  context: optional(anyNumber),
  chunk: optional(anyNumber),
  adapters: adaptedCheck,
});
export const generateCheck: Check = objectOf({
  maxTokens: optional(anyNumber),
  stopTokens: optional(listOf(anyNumber)),
  adapter: adapterNameCheck,
  signal: signalCheck,
});

const CHUNK = 64;

/** Tokens of a context that nobody asked for: models have positions for a million. */
const MOST_CONTEXT = 4096;

/**
 * What a generator of a model holds and takes at a time.
 *
 * @throws PapilioError `CONTEXT_LENGTH`, `GENERATE_OPTION`, `ADAPTER_MISMATCH`
 */
export function sizesOf(
  model: Decoder,
  options: GeneratorOptions,
): { context: number; chunk: number } {
  decoderCheck("The model", model);
  generatorCheck("a generator", options);
  requireAdapted(model, options.adapters);
  const { context = Math.min(model.positions, MOST_CONTEXT), chunk = CHUNK } = options;
  requireOption("context", context, Number.isInteger(context) && context >= 1);
  requireOption("chunk", chunk, Number.isInteger(chunk) && chunk >= 1);
  if (context > model.positions) throw contextError(context, model.positions);
  return { context, chunk: Math.min(chunk, context) };
}

/** @throws PapilioError `CONTEXT_LENGTH`, `PROMPT_EMPTY` */
export function requirePrompt(prompt: readonly number[], context: number): void {
  if (prompt.length > context) throw contextError(prompt.length, context);
  const wrong = prompt.find((id) => !Number.isInteger(id) || id < 0);
  if (prompt.length > 0 && wrong === undefined) return;
  throw new PapilioError(
    "PROMPT_EMPTY",
    prompt.length === 0 ? "The prompt has no token." : `${wrong} is not a token.`,
    "Begin with the token that begins a sequence, at least.",
  );
}

/** @throws PapilioError `GENERATE_OPTION` unless an option is valid */
export function requireOption(name: string, value: number, valid: boolean): void {
  if (valid) return;
  throw new PapilioError(
    "GENERATE_OPTION",
    `${name} is ${value}.`,
    "Use whole numbers: a context and a chunk of at least 1, and maxTokens from 0 on.",
  );
}
