import { StopSequences, type Tokenizer } from "@papilio/nn/tokenizers";
import type { EngineToken, TextEngine, TextRequest } from "../engines/text-engine.ts";

/** What is certain of a text by now. */
export interface TextPiece {
  readonly text: string;
  /** Tokens that came since the last piece; their text may be held back. */
  readonly tokens: readonly EngineToken[];
  /** Why the text ends, in its last piece. */
  readonly finish?: "stop" | "length";
}

/** A prompt, and where its text ends. */
export interface Continuation extends TextRequest {
  readonly prompt: readonly number[];
  readonly stops: readonly string[];
}

/** Continues a prompt, in pieces of text that are never half a character, nor the beginning of a stop text. */
export async function* continueText(
  engine: TextEngine,
  tokenizer: Tokenizer,
  { prompt, stops, ...request }: Continuation,
): AsyncGenerator<TextPiece, void, undefined> {
  // The prompt is decoded too: whether a space begins the text depends on it.
  const stream = tokenizer.decodeStream();
  for (const id of prompt) stream.push(id);
  const stopper = new StopSequences(stops);
  let count = 0;
  for await (const token of engine.generate(prompt, request)) {
    count++;
    const text = stopper.push(stream.push(token.id));
    if (stopper.found) {
      yield { text, tokens: [token], finish: "stop" };
      return;
    }
    yield { text, tokens: [token] };
  }
  const text = stopper.push(stream.end()) + stopper.end();
  const full = count >= request.maxTokens || prompt.length + count > engine.context;
  yield { text, tokens: [], finish: !stopper.found && full ? "length" : "stop" };
}
