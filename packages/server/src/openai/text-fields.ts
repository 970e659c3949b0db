import * as v from "valibot";

/** A field that a client may leave out, or send as null. */
type Optional<T> = T | null | undefined;

/** A text, texts, tokens, or lists of tokens. */
type Texts = string | string[] | number[] | number[][];

/** Fields of text that completions and chats have in common. */
export interface TextFields {
  readonly model: string;
  readonly n?: Optional<number>;
  readonly temperature?: Optional<number>;
  readonly top_p?: Optional<number>;
  /** Not OpenAI's: only so many of the most likely tokens. */
  readonly top_k?: Optional<number>;
  readonly seed?: Optional<number>;
  readonly stop?: Optional<string | string[]>;
  readonly stream?: Optional<boolean>;
  readonly stream_options?: Optional<{ readonly include_usage?: Optional<boolean> }>;
  readonly max_tokens?: Optional<number>;
}

export interface CompletionFields extends TextFields {
  readonly prompt: Texts;
  readonly logprobs?: Optional<number>;
  readonly best_of?: Optional<number>;
}

export interface ChatFields extends TextFields {
  readonly max_completion_tokens?: Optional<number>;
  readonly messages: readonly {
    readonly role: string;
    readonly content: string | readonly { readonly text: string }[];
  }[];
  readonly logprobs?: Optional<boolean>;
  readonly top_logprobs?: Optional<number>;
}

export interface EmbeddingFields {
  readonly model: string;
  readonly input: Texts;
  readonly encoding_format?: Optional<"float" | "base64">;
  readonly dimensions?: Optional<number>;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const nullish = <S extends v.GenericSchema>(schema: S) => v.nullish(schema);

const textFields = {
  model: v.string(),
  n: nullish(v.pipe(count, v.minValue(1))),
  temperature: nullish(v.pipe(v.number(), v.minValue(0), v.maxValue(2))),
  top_p: nullish(v.pipe(v.number(), v.gtValue(0), v.maxValue(1))),
  top_k: nullish(v.pipe(count, v.minValue(1))),
  seed: nullish(v.pipe(v.number(), v.safeInteger())),
  stop: nullish(v.union([v.string(), v.pipe(v.array(v.string()), v.maxLength(4))])),
  stream: nullish(v.boolean()),
  stream_options: nullish(v.object({ include_usage: nullish(v.boolean()) })),
  max_tokens: nullish(count),
  // What would change the answer, and is not computed here, is refused by name.
  frequency_penalty: nullish(v.literal(0, "penalties are not computed here")),
  presence_penalty: nullish(v.literal(0, "penalties are not computed here")),
  logit_bias: nullish(v.strictObject({}, "biases of logits are not computed here")),
};

export const completionSchema: v.GenericSchema<unknown, CompletionFields> = v.object({
  ...textFields,
  prompt: v.union(
    [v.string(), v.array(v.string()), v.array(count), v.array(v.array(count))],
    "it must be a text, texts, tokens, or lists of tokens",
  ),
  logprobs: nullish(v.pipe(count, v.maxValue(5))),
  echo: nullish(v.literal(false, "prompts are not repeated here")),
  suffix: nullish(v.literal("", "texts are not filled in here")),
  best_of: nullish(count),
});

export const chatSchema: v.GenericSchema<unknown, ChatFields> = v.object({
  ...textFields,
  max_completion_tokens: nullish(count),
  messages: v.pipe(
    v.array(
      v.object({
        role: v.picklist(["system", "developer", "user", "assistant"]),
        content: v.union(
          [v.string(), v.array(v.object({ type: v.literal("text"), text: v.string() }))],
          "it must be a text, or parts of text",
        ),
      }),
    ),
    v.minLength(1),
  ),
  logprobs: nullish(v.boolean()),
  top_logprobs: nullish(v.pipe(count, v.maxValue(20))),
  tools: nullish(v.pipe(v.array(v.unknown()), v.maxLength(0, "tools are not called here"))),
  response_format: nullish(v.object({ type: v.literal("text", "only text is generated here") })),
});

export const embeddingSchema: v.GenericSchema<unknown, EmbeddingFields> = v.object({
  model: v.string(),
  input: v.union(
    [
      v.string(),
      v.pipe(v.array(v.string()), v.minLength(1)),
      v.pipe(v.array(count), v.minLength(1)),
      v.pipe(v.array(v.array(count)), v.minLength(1)),
    ],
    "it must be a text, texts, tokens, or lists of tokens",
  ),
  encoding_format: nullish(v.picklist(["float", "base64"])),
  dimensions: nullish(v.pipe(count, v.minValue(1))),
});
