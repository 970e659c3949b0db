import { Template } from "@huggingface/jinja";
import { PapilioError } from "@papilio/butterfly";

/** A message of a chat. */
interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/** Makes the prompt of a chat, as the model was trained for. */
export type ChatTemplate = (messages: readonly ChatMessage[]) => string;

/**
 * A template of tokenizer_config.json, as transformers renders it.
 *
 * @param specialTokens texts of tokens that it names, such as `bos_token`
 * @throws PapilioError `CHAT_TEMPLATE` here for a template that is not valid, and later for messages that it refuses
 */
export function chatTemplate(
  source: string,
  specialTokens: Readonly<Record<string, string>> = {},
): ChatTemplate {
  const template = attempt("The template of chats is not valid", () => new Template(source));
  return (messages) =>
    attempt("The template of chats refuses the messages", () =>
      template.render({ ...specialTokens, messages, add_generation_prompt: true }),
    );
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new PapilioError(
      "CHAT_TEMPLATE",
      `${what}: ${(cause as Error).message}.`,
      "Give messages in the order of roles that the model was trained for.",
      { cause },
    );
  }
}
