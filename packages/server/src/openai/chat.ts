import type { Context } from "hono";
import { type Served, textOf } from "../engines/served-model.ts";
import type { Exchange } from "../protocol/exchange.ts";
import { invalid, RequestError } from "../protocol/request-error.ts";
import { chatTemplate } from "../text/chat-template.ts";
import { gather } from "./completions.ts";
import { eventStream } from "./event-stream.ts";
import { chatLogprobs } from "./logprobs.ts";
import type { ChatFields } from "./text-fields.ts";
import {
  type ChoicePiece,
  generateTexts,
  planText,
  type Serving,
  usageOf,
} from "./text-request.ts";

/** `/v1/chat/completions`: what a model answers to messages. */
export async function chat(
  context: Context,
  served: Served,
  fields: ChatFields,
  exchange: Exchange,
  serving: Serving,
): Promise<Response> {
  const { tokenizer } = textOf(served);
  const asked = fields.logprobs ?? false;
  if (!asked && typeof fields.top_logprobs === "number") {
    throw invalid("Probabilities are asked for by logprobs too.", "top_logprobs");
  }
  const plan = planText(served, [promptOf(served, fields)], fields, {
    limits: serving.limits,
    maxTokens: fields.max_completion_tokens ?? fields.max_tokens ?? undefined,
    logprobs: asked ? (fields.top_logprobs ?? 0) : undefined,
  });
  const head = {
    id: `chatcmpl-${exchange.id}`,
    created: Math.floor(Date.now() / 1000),
    model: fields.model,
  };
  const rest = ({ index, tokens, finish }: ChoicePiece): object => ({
    index,
    logprobs: asked ? chatLogprobs(tokens, tokenizer) : null,
    finish_reason: finish ?? null,
  });
  const pieces = generateTexts(served, plan, exchange, serving);
  if (fields.stream) {
    const withUsage = fields.stream_options?.include_usage ?? false;
    const events = async function* (): AsyncGenerator<object, void, undefined> {
      const chunk = { ...head, object: "chat.completion.chunk" };
      const nothing = withUsage ? { usage: null } : {};
      const begun = new Set<number>();
      for await (const piece of pieces) {
        const role = begun.has(piece.index) ? {} : { role: "assistant" };
        begun.add(piece.index);
        const delta = { ...role, content: piece.text };
        yield { ...chunk, choices: [{ ...rest(piece), delta }], ...nothing };
      }
      if (withUsage) yield { ...chunk, choices: [], usage: usageOf(exchange) };
    };
    return eventStream(context, exchange, events());
  }
  const choices = (await gather(pieces)).map((piece) => ({
    ...rest(piece),
    message: { role: "assistant", content: piece.text, refusal: null },
  }));
  return context.json({ ...head, object: "chat.completion", choices, usage: usageOf(exchange) });
}

/** Tokens of messages, as the model's template has them, which adds the tokens that begin a text itself. */
function promptOf(served: Served, { messages }: ChatFields): number[] {
  const { name, chatTemplate: source, specialTokens } = served.definition;
  if (source === undefined) {
    throw new RequestError("REQUEST_INVALID", `The model ${name} has no template of chats.`, {
      fix: "Ask for completions, or serve it with a template.",
      param: "model",
    });
  }
  const plain = messages.map(({ role, content }) => ({
    role,
    content: typeof content === "string" ? content : content.map(({ text }) => text).join(""),
  }));
  const text = chatTemplate(source, specialTokens)(plain);
  return textOf(served).tokenizer.encode(text, { specialTokens: false, ownLengths: false });
}
