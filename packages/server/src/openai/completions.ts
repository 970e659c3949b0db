import type { Context } from "hono";
import { type Served, textOf } from "../engines/served-model.ts";
import type { Exchange } from "../protocol/exchange.ts";
import { invalid, unsupported } from "../protocol/request-error.ts";
import { eventStream } from "./event-stream.ts";
import { completionLogprobs } from "./logprobs.ts";
import { promptsOf } from "./prompts.ts";
import type { CompletionFields } from "./text-fields.ts";
import {
  type ChoicePiece,
  generateTexts,
  planText,
  type Serving,
  usageOf,
} from "./text-request.ts";

/** Tokens where a request says nothing, as OpenAI has it. */
const MAX_TOKENS = 16;

/** `/v1/completions`: texts that continue prompts. */
export async function complete(
  context: Context,
  served: Served,
  fields: CompletionFields,
  exchange: Exchange,
  serving: Serving,
): Promise<Response> {
  const { tokenizer } = textOf(served);
  const { n, best_of } = fields;
  if (typeof best_of === "number" && best_of !== (n ?? 1)) {
    throw unsupported("The best of several texts is not chosen here.", "best_of");
  }
  const prompts = promptsOf(tokenizer, fields.prompt);
  if (prompts.length === 0) throw invalid("There is no prompt.", "prompt");
  const plan = planText(served, prompts, fields, {
    limits: serving.limits,
    maxTokens: fields.max_tokens ?? MAX_TOKENS,
    logprobs: fields.logprobs ?? undefined,
  });
  const head = {
    id: `cmpl-${exchange.id}`,
    object: "text_completion",
    created: Math.floor(Date.now() / 1000),
    model: fields.model,
  };
  const offsets = new Map<number, number>();
  const choice = ({ index, text, tokens, finish }: ChoicePiece): object => {
    const offset = offsets.get(index) ?? 0;
    offsets.set(index, offset + text.length);
    const asked = plan.request.logprobs !== undefined;
    return {
      index,
      text,
      logprobs: asked ? completionLogprobs(tokens, tokenizer, offset) : null,
      finish_reason: finish ?? null,
    };
  };
  const pieces = generateTexts(served, plan, exchange, serving);
  if (fields.stream) {
    const withUsage = fields.stream_options?.include_usage ?? false;
    const events = async function* (): AsyncGenerator<object, void, undefined> {
      for await (const piece of pieces) {
        yield { ...head, choices: [choice(piece)], ...(withUsage ? { usage: null } : {}) };
      }
      if (withUsage) yield { ...head, choices: [], usage: usageOf(exchange) };
    };
    return eventStream(context, exchange, events());
  }
  const whole = await gather(pieces);
  return context.json({ ...head, choices: whole.map(choice), usage: usageOf(exchange) });
}

/** Whole texts, in the order of their prompts. */
export async function gather(
  pieces: AsyncGenerator<ChoicePiece, void, undefined>,
): Promise<ChoicePiece[]> {
  const texts = new Map<number, ChoicePiece>();
  for await (const piece of pieces) {
    const { text = "", tokens = [] } = texts.get(piece.index) ?? {};
    texts.set(piece.index, {
      ...piece,
      text: text + piece.text,
      tokens: [...tokens, ...piece.tokens],
    });
  }
  return [...texts.values()].sort((p, q) => p.index - q.index);
}
