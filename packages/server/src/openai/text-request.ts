import type { SubmitOptions } from "@papilio/nn";
import { adapterOf, type Served, textOf } from "../engines/served-model.ts";
import type { ServerMetrics } from "../metrics/metrics.ts";
import type { Exchange } from "../protocol/exchange.ts";
import type { Limits } from "../protocol/limits.ts";
import { invalid } from "../protocol/request-error.ts";
import { continueText, type TextPiece } from "../text/continue-text.ts";
import type { TextFields } from "./text-fields.ts";

/** What handlers of one server share. */
export interface Serving {
  readonly limits: Limits;
  readonly metrics: ServerMetrics | undefined;
}

/** A piece of one of the texts of a request. */
export interface ChoicePiece extends TextPiece {
  /** Which of the texts it is of. */
  readonly index: number;
}

/** Tokens of a request, as OpenAI's answers count them. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** Everything that is to be generated for a request. */
export interface TextPlan {
  readonly prompts: readonly (readonly number[])[];
  /** Texts of each prompt. */
  readonly n: number;
  readonly stops: readonly string[];
  readonly request: Omit<SubmitOptions, "signal" | "seed">;
  readonly seed: number;
}

/**
 * What the fields ask for, within the limits.
 *
 * @param maxTokens where the request says nothing; until the context is full where that is undefined
 * @throws PapilioError `REQUEST_INVALID`
 */
export function planText(
  served: Served,
  prompts: readonly (readonly number[])[],
  fields: TextFields,
  given: {
    readonly limits: Limits;
    readonly maxTokens: number | undefined;
    readonly logprobs: number | undefined;
  },
): TextPlan {
  const { engine } = textOf(served);
  const { limits, logprobs } = given;
  const n = fields.n ?? 1;
  if (prompts.length * n > limits.items) {
    throw invalid(
      `${prompts.length} prompts of ${n} texts each are more than the limit of ${limits.items}.`,
      "n",
    );
  }
  const adapter = adapterOf(served, fields.model);
  const longest = Math.max(...prompts.map(({ length }) => length));
  const room = Math.max(1, engine.context - longest + 1);
  const maxTokens = given.maxTokens ?? Math.min(room, limits.tokens);
  if (maxTokens > limits.tokens) {
    throw invalid(`${maxTokens} tokens are more than the limit of ${limits.tokens}.`, "max_tokens");
  }
  const stop = fields.stop ?? [];
  return {
    prompts,
    n,
    stops: typeof stop === "string" ? [stop] : stop,
    seed: fields.seed ?? (crypto.getRandomValues(new Uint32Array(1))[0] as number),
    request: {
      temperature: fields.temperature ?? 1,
      topP: fields.top_p ?? 1,
      ...(typeof fields.top_k === "number" ? { topK: fields.top_k } : {}),
      maxTokens,
      stopTokens: served.definition.stopTokens ?? [],
      ...(logprobs === undefined ? {} : { logprobs }),
      ...(adapter === undefined ? {} : { adapter }),
    },
  };
}

/**
 * Generates all texts of a request at once, and gives their pieces as they come. Ending the loop ends every
 * text.
 */
export async function* generateTexts(
  served: Served,
  { prompts, n, stops, seed, request }: TextPlan,
  exchange: Exchange,
  { metrics }: Serving,
): AsyncGenerator<ChoicePiece, void, undefined> {
  const { engine, tokenizer } = textOf(served);
  const { name } = served.definition;
  using _inside = served.admission.enter(prompts.length * n);
  const prompted = prompts.reduce((sum, { length }) => sum + length, 0);
  exchange.promptTokens = prompted;
  exchange.generatedTokens = 0;
  metrics?.tokens(name, "prompt", prompted);
  // What ends one of them, ends them all.
  const over = new AbortController();
  const signal = AbortSignal.any([exchange.signal, over.signal]);
  const texts = prompts.flatMap((prompt) =>
    Array.from({ length: n }, (_, choice) =>
      // Each text of a prompt has a seed of its own.
      continueText(engine, tokenizer, {
        ...request,
        prompt,
        stops,
        signal,
        seed: seedOf(seed + choice),
      }),
    ),
  );
  let last = exchange.started;
  try {
    for await (const { index, value } of merged(texts)) {
      for (const _token of value.tokens) {
        const now = performance.now();
        metrics?.token(
          name,
          exchange.generatedTokens === 0 ? "first" : "next",
          (now - last) / 1000,
        );
        last = now;
        exchange.generatedTokens++;
        metrics?.tokens(name, "generated", 1);
      }
      yield { ...value, index };
    }
  } finally {
    over.abort(new Error("The request is over."));
    await Promise.allSettled(texts.map((text) => text.return()));
  }
}

/** Usage by now. */
export function usageOf({ promptTokens = 0, generatedTokens = 0 }: Exchange): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: generatedTokens,
    total_tokens: promptTokens + generatedTokens,
  };
}

/** Seeds of OpenAI's are any whole numbers. */
function seedOf(seed: number): number {
  return ((seed % 2 ** 32) + 2 ** 32) % 2 ** 32;
}

/** What several sources give, as it comes. */
async function* merged<T>(
  sources: readonly AsyncGenerator<T, void, undefined>[],
): AsyncGenerator<{ readonly index: number; readonly value: T }, void, undefined> {
  const next = (index: number) => {
    const result = (sources[index] as AsyncGenerator<T, void, undefined>)
      .next()
      .then((result) => ({ index, result }));
    // While the caller writes what came before, nobody waits for it: its failure is heard at the next turn.
    result.catch(() => undefined);
    return result;
  };
  const pending = new Map(sources.map((_, index) => [index, next(index)]));
  while (pending.size > 0) {
    const { index, result } = await Promise.race(pending.values());
    if (result.done) pending.delete(index);
    else {
      pending.set(index, next(index));
      yield { index, value: result.value };
    }
  }
}
