import type { BatchToken, SubmitOptions } from "@papilio/nn";
import { StopSequences, type Tokenizer } from "@papilio/nn/tokenizers";
import type { TextEngine } from "../engines/text-engine.ts";

/** What is certain of a text by now. */
export interface TextPiece {
  readonly text: string;
  /** Tokens that came since the last piece; their text may be held back. */
  readonly tokens: readonly BatchToken[];
  /** Why the text ends, in its last piece. */
  readonly finish?: "stop" | "length";
}

/** A prompt, and where its text ends. */
interface Continuation extends SubmitOptions {
  readonly prompt: readonly number[];
  readonly stops: readonly string[];
}

/** Continues a prompt, in pieces of text that are never half a character, nor the beginning of a stop text. */
export async function* continueText(
  engine: TextEngine,
  tokenizer: Tokenizer,
  { prompt, stops, ...options }: Continuation,
): AsyncGenerator<TextPiece, void, undefined> {
  // The prompt is decoded too: whether a space begins the text depends on it.
  const stream = tokenizer.decodeStream();
  for (const id of prompt) stream.push(id);
  const stopper = new StopSequences(stops);
  const tokens = await engine.start(prompt, options);
  for await (const token of tokens) {
    const text = stopper.push(stream.push(token.id));
    if (stopper.found) {
      yield { text, tokens: [token], finish: "stop" };
      return;
    }
    yield { text, tokens: [token] };
  }
  const text = stopper.push(stream.end()) + stopper.end();
  const full = tokens.finishReason === "length" && !stopper.found;
  yield { text, tokens: [], finish: full ? "length" : "stop" };
}
