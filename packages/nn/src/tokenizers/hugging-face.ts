import {
  type DecodeStream,
  type EncodeOptions,
  requireToken,
  type Tokenizer,
  tokenizerError,
} from "./tokenizer.ts";

/** Contents of a JSON file: parsed, as text, or as bytes. */
export type JsonContents = object | string | Uint8Array;

/** The parts of tokenizer_config.json that matter here. */
interface TokenizerConfig {
  readonly bos_token?: unknown;
  readonly eos_token?: unknown;
}

/** What is used of the library, whose own declarations name files that Node's resolution does not find. */
interface LibraryTokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
  decode(
    ids: number[],
    options: { skip_special_tokens: boolean; clean_up_tokenization_spaces: boolean },
  ): string;
  get_vocab(): Map<string, number>;
  token_to_id(token: string): number | undefined;
}

/**
 * A tokenizer of Hugging Face's formats: byte-level BPE, SentencePiece, WordPiece and the others, by
 * `@huggingface/tokenizers`, which is loaded when this is first called. Nothing is downloaded.
 *
 * @param tokenizer contents of tokenizer.json
 * @param config contents of tokenizer_config.json: without it, what begins and ends a sequence is not
 *   known, though `encode` adds what tokenizer.json says
 * @throws PapilioError `TOKENIZER_FILE`
 *
 * @example
 * ```ts
 * const tokenizer = await huggingFaceTokenizer(
 *   await readFile("tokenizer.json"),
 *   await readFile("tokenizer_config.json"),
 * );
 * const ids = tokenizer.encode("Once upon a time");
 * ```
 */
export async function huggingFaceTokenizer(
  tokenizer: JsonContents,
  config: JsonContents = {},
): Promise<Tokenizer> {
  const library = await import("@huggingface/tokenizers");
  const settings = parseObject(config, "tokenizer_config.json") as TokenizerConfig;
  let opened: LibraryTokenizer;
  let vocabularySize = 0;
  try {
    opened = new library.Tokenizer(parseObject(tokenizer, "tokenizer.json"), settings);
    for (const id of opened.get_vocab().values()) vocabularySize = Math.max(vocabularySize, id + 1);
  } catch (cause) {
    throw tokenizerError(
      "TOKENIZER_FILE",
      `The tokenizer.json is not understood: ${(cause as Error).message}.`,
      cause,
    );
  }
  const decode = (ids: readonly number[]): string => {
    for (const id of ids) requireToken(id, vocabularySize);
    if (ids.length === 0) return "";
    // Cleaning up moves spaces that the text had.
    return opened.decode([...ids], {
      skip_special_tokens: true,
      clean_up_tokenization_spaces: false,
    });
  };
  return {
    vocabularySize,
    beginOfSequence: idOf(opened, settings.bos_token),
    endOfSequence: idOf(opened, settings.eos_token),
    encode: (text, { specialTokens = true }: EncodeOptions = {}) => {
      const { ids } = opened.encode(text, { add_special_tokens: specialTokens });
      if (ids.every((id) => Number.isInteger(id))) return ids;
      throw tokenizerError("TOKENIZER_TEXT", "The text has parts that are no tokens.");
    },
    decode,
    decodeStream: () => new WindowStream(decode),
  };
}

/** A special token is a text, or an object with one. */
function idOf(tokenizer: LibraryTokenizer, token: unknown): number | undefined {
  const text = typeof token === "string" ? token : (token as { content?: unknown } | null)?.content;
  return typeof text === "string" ? tokenizer.token_to_id(text) : undefined;
}

function parseObject(contents: JsonContents, name: string): object {
  let value: unknown = contents;
  try {
    if (value instanceof Uint8Array)
      value = new TextDecoder("utf-8", { fatal: true }).decode(value);
    if (typeof value === "string") value = JSON.parse(value);
  } catch (cause) {
    const { message } = cause as Error;
    throw tokenizerError("TOKENIZER_FILE", `The ${name} is not JSON: ${message}.`, cause);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw tokenizerError("TOKENIZER_FILE", `The ${name} is not an object.`);
}

/** Most ids that wait: a character has four bytes, hence four tokens, at most. */
const MOST_WAITING = 16;

/**
 * Text by ids that only the tokenizer can join: a few of them are decoded again and again, and what is
 * new in the text is what came. Text that ends in U+FFFD may be the beginning of a character, so it waits.
 */
class WindowStream implements DecodeStream {
  readonly #decode: (ids: readonly number[]) => string;
  /** Ids from the last piece on, which is decoded with what follows it: spaces depend on it. */
  #ids: number[] = [];
  /** How many of them have become text, and that text. */
  #done = 0;
  #text = "";

  constructor(decode: (ids: readonly number[]) => string) {
    this.#decode = decode;
  }

  push(id: number): string {
    const text = this.#decode([...this.#ids, id]);
    this.#ids.push(id);
    const waiting = this.#ids.length - this.#done;
    if (text.endsWith("\u{FFFD}") && waiting < MOST_WAITING) return "";
    return this.#advance(text);
  }

  end(): string {
    const piece = this.#ids.length > this.#done ? this.#advance(this.#decode(this.#ids)) : "";
    this.#ids = [];
    this.#done = 0;
    this.#text = "";
    return piece;
  }

  #advance(text: string): string {
    const piece = text.slice(this.#text.length);
    if (piece === "") return "";
    this.#ids = this.#ids.slice(this.#done);
    this.#done = this.#ids.length;
    this.#text = this.#decode(this.#ids);
    return piece;
  }
}
