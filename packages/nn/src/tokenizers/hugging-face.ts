import { PapilioError } from "@papilio/butterfly";
import { fileKind, parseJsonText } from "@papilio/butterfly/files";
import type { Pipeline } from "./hugging-face/pipeline.ts";
import {
  type DecodeStream,
  type EncodeOptions,
  requireEncodable,
  requireId,
  requireIds,
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

/**
 * A tokenizer of Hugging Face's formats: byte-level BPE, SentencePiece, WordPiece and the others. Ids are
 * those of the reference implementation, huggingface/tokenizers 0.23.2, its truncation and padding included;
 * what asks for others is refused by name. Nothing is downloaded.
 *
 * @param tokenizer contents of tokenizer.json
 * @param config contents of tokenizer_config.json: without it, what begins and ends a sequence is not
 *   known, though `encode` adds what tokenizer.json says
 * @throws PapilioError `TOKENIZER_FILE`; `TOKENIZER_UNSUPPORTED` for a setting that is not computed here
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
  const { bos_token, eos_token } = parseObject(config, "tokenizer_config.json") as TokenizerConfig;
  const pipeline = await open(parseObject(tokenizer, "tokenizer.json"));
  const { vocabularySize } = pipeline;
  const decode = (ids: readonly number[]): string => {
    requireIds(ids);
    for (const id of ids) requireId(id);
    return pipeline.decode(ids);
  };
  return {
    vocabularySize,
    paddedVocabulary: true,
    beginOfSequence: idOf(pipeline, bos_token),
    endOfSequence: idOf(pipeline, eos_token),
    encode: (text, options: EncodeOptions = {}) => {
      requireEncodable(text, options);
      return pipeline.encode(text, options);
    },
    decode,
    decodeStream: () => new WindowStream(decode),
  };
}

async function open(contents: object): Promise<Pipeline> {
  // Loaded when it is first needed: most users of this package have no text.
  const [{ pipelineOf }, { Settings }] = await Promise.all([
    import("./hugging-face/pipeline.ts"),
    import("./hugging-face/settings.ts"),
  ]);
  try {
    return pipelineOf(new Settings(contents));
  } catch (cause) {
    if (cause instanceof PapilioError) throw cause;
    // More than a Map or the stack can hold.
    throw tokenizerError(
      "TOKENIZER_FILE",
      `The tokenizer.json cannot be read: ${(cause as Error).message}.`,
      cause,
    );
  }
}

/** A special token is a text, or an object with one. */
function idOf(pipeline: Pipeline, token: unknown): number | undefined {
  const text = typeof token === "string" ? token : (token as { content?: unknown } | null)?.content;
  return typeof text === "string" ? pipeline.idOf(text) : undefined;
}

/** Values of a tokenizer.json at most: those of a large vocabulary with its merges are two million. */
const MOST_VALUES = 2 ** 23;

function parseObject(contents: JsonContents, name: string): object {
  let value: unknown = contents;
  if (typeof contents === "string" || contents instanceof Uint8Array) {
    try {
      value = parseJsonText(contents, { values: MOST_VALUES });
    } catch (cause) {
      const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
      const kind = fileKind(bytes);
      const other = kind === undefined || kind.id === "json" ? "" : `, but ${kind.description}`;
      const { message } = cause as Error;
      throw tokenizerError("TOKENIZER_FILE", `The ${name} is not JSON${other}: ${message}.`, cause);
    }
  }
  const list = Array.isArray(value) || ArrayBuffer.isView(value);
  if (typeof value === "object" && value !== null && !list) return value;
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
