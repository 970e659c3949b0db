import type { Command } from "commander";
import { collect, duration, wholeNumber } from "./options.ts";

/** What flags say of models that answer requests. */
export interface ServedModelFlags {
  readonly tokenizer?: string;
  readonly chatTemplate?: string;
  readonly context?: string;
  readonly cache?: string;
  readonly maxTokens: string;
  readonly batch: string;
  readonly wait: string;
  readonly adapterWeights?: readonly string[];
}

const ADAPTERS_HELP =
  "an adapter that requests choose as MODEL:NAME; MODEL:NAME=PATH[=SCALE] where there are several models";

/** Adds the options of commands whose models answer requests. */
export function addServedOptions(command: Command): Command {
  return command
    .option("--tokenizer <file>", "of one model; one beside each unless given")
    .option("--chat-template <file>", "of one model; that of tokenizer_config.json unless given")
    .option(
      "--context <count>",
      "tokens of a prompt and its text; the model's, or 4096, unless given",
    )
    .option("--cache <mebibytes>", "of keys and values of all texts of a model, at most")
    .option("--max-tokens <count>", "tokens of one text, at most", "4096")
    .option("--batch <count>", "texts, or rows, that are computed at once, at most", "16")
    .option("--wait <time>", "that a row waits for others, at most", "5ms")
    .option("--adapter-weights <name=path>", ADAPTERS_HELP, collect);
}

/** Names of those options. */
export const SERVED_OPTIONS: readonly (keyof ServedModelFlags)[] = [
  "tokenizer",
  "chatTemplate",
  "context",
  "cache",
  "maxTokens",
  "batch",
  "wait",
  "adapterWeights",
];

/**
 * Limits that the flags set.
 *
 * @throws PapilioError `FLAG_INVALID`
 */
export function servedLimits(flags: ServedModelFlags): {
  readonly tokens: number;
  readonly batch: number;
  readonly waitMs: number;
} {
  return {
    tokens: wholeNumber("--max-tokens", flags.maxTokens, 1, 2 ** 24),
    batch: wholeNumber("--batch", flags.batch, 1, 1024),
    waitMs: 1000 * duration("--wait", flags.wait),
  };
}

/**
 * Sizes that the flags set: tokens, and bytes.
 *
 * @throws PapilioError `FLAG_INVALID`
 */
export function servedSizes({ context, cache }: ServedModelFlags): {
  readonly context: number | undefined;
  readonly cacheBudget?: number;
} {
  return {
    context: context === undefined ? undefined : wholeNumber("--context", context, 1, 2 ** 24),
    ...(cache === undefined
      ? {}
      : { cacheBudget: 2 ** 20 * wholeNumber("--cache", cache, 1, 2 ** 24) }),
  };
}
