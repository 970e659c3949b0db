import { describeValue, requireArray } from "@papilio/butterfly/errors";
import { fileKind } from "@papilio/butterfly/files";
import { mergePairs } from "./merge-pairs.ts";
import {
  type DecodeStream,
  type EncodeOptions,
  requireEncodable,
  requireIds,
  requireToken,
  type Tokenizer,
  tokenizerError,
} from "./tokenizer.ts";

/** Ids that the format fixes: unknown, begin and end, then a token for each byte where it has them. */
const BEGIN = 1;
const END = 2;
const FIRST_BYTE = 3;
const BYTES = 256;
const SPACE = 0x20;

/** The tokens of a file. */
interface Vocabulary {
  /** What each stands for; a single byte for the byte tokens, nothing for the special ones. */
  readonly pieces: readonly Uint8Array[];
  readonly scores: readonly number[];
  /** Whether there is a token for each byte. */
  readonly bytes: boolean;
  /** Ids by text, one character for each byte, of the tokens that texts are made of. */
  readonly ids: ReadonlyMap<string, number>;
}

/**
 * The tokenizer of llama2.c: characters, or their bytes where a character is not a token, are merged in the
 * order of the scores of what they become. Vocabularies without tokens for bytes, as the exporter writes those
 * of characters alone, have none for characters that they do not name: such texts are refused. A text begins with a space that it does not have; after the
 * token that begins a sequence, decoding takes it away.
 *
 * Source: karpathy/llama2.c, encode and decode in run.c, and its tokenizer.py for the format: int32 length
 * of the longest token, then for each a float32 score, an int32 length and bytes.
 *
 * @throws PapilioError `TOKENIZER_FILE`
 *
 * @example
 * ```ts
 * const tokenizer = llama2cTokenizer(await readFile("tok512.bin"));
 * tokenizer.decode(tokenizer.encode("Once upon a time")); // "Once upon a time"
 * ```
 */
export function llama2cTokenizer(file: Uint8Array): Tokenizer {
  requireArray("The tokenizer's file", file, "Uint8Array");
  const vocabulary = readVocabulary(file);
  const vocabularySize = vocabulary.pieces.length;
  const decodeStream = (): DecodeStream => new ByteStream(vocabulary.pieces);
  return {
    vocabularySize,
    paddedVocabulary: false,
    beginOfSequence: BEGIN,
    endOfSequence: END,
    encode: (text, options: EncodeOptions = {}) => {
      requireEncodable(text, options);
      const { specialTokens = true, maxLength } = options;
      const ids = encode(text, vocabulary);
      return (specialTokens ? [BEGIN, ...ids] : ids).slice(0, maxLength);
    },
    decode: (ids) => {
      requireIds(ids);
      const stream = decodeStream();
      return ids.map((id) => stream.push(id)).join("") + stream.end();
    },
    decodeStream,
  };
}

function encode(text: string, { pieces, scores, bytes: fallback, ids }: Vocabulary): number[] {
  if (text === "") return [];
  const encoder = new TextEncoder();
  const initial: number[] = [];
  for (const character of ` ${text}`) {
    const bytes = encoder.encode(character);
    const id = ids.get(keyOf(bytes));
    if (id !== undefined) initial.push(id);
    else if (fallback) for (const byte of bytes) initial.push(FIRST_BYTE + byte);
    else {
      throw tokenizerError(
        "TOKENIZER_TEXT",
        `The vocabulary has no token for ${describeValue(character)}, nor for bytes.`,
      );
    }
  }
  // The text of a token as it is in the map; byte tokens are not a text's.
  const keys = new Map<number, string>();
  const keyOfToken = (id: number): string => {
    let key = keys.get(id);
    if (key === undefined) {
      key = keyOf(pieces[id] as Uint8Array);
      keys.set(id, key);
    }
    return key;
  };
  const firstText = firstTextOf(fallback);
  return mergePairs(initial, (left, right) => {
    if (left < firstText || right < firstText) return undefined;
    const id = ids.get(keyOfToken(left) + keyOfToken(right));
    return id === undefined ? undefined : { id, score: scores[id] as number };
  });
}

/** Decodes bytes as they come; what is left of a character waits for the rest of it. */
class ByteStream implements DecodeStream {
  readonly #pieces: readonly Uint8Array[];
  // A byte order mark is a character like others.
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #atBeginning = false;

  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = pieces;
  }

  push(id: number): string {
    requireToken(id, this.#pieces.length);
    const piece = this.#pieces[id] as Uint8Array;
    const strip = this.#atBeginning && piece[0] === SPACE;
    this.#atBeginning = id === BEGIN;
    return this.#decoder.decode(strip ? piece.subarray(1) : piece, { stream: true });
  }

  end(): string {
    this.#atBeginning = false;
    return this.#decoder.decode();
  }
}

function readVocabulary(file: Uint8Array): Vocabulary {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const refuse = (what: string): never => {
    const kind = fileKind(file);
    const other = kind === undefined ? "" : `: it is ${kind.description}`;
    throw tokenizerError(
      "TOKENIZER_FILE",
      `The tokenizer's file of ${file.length} bytes ${what}${other}.`,
    );
  };
  if (file.length < 4) return refuse("is shorter than its header");
  const longest = view.getInt32(0, true);
  const tokens: Uint8Array[] = [];
  const scores: number[] = [];
  for (let at = 4; at < file.length; ) {
    const id = tokens.length;
    if (at + 8 > file.length) return refuse(`ends within the token ${id}`);
    const score = view.getFloat32(at, true);
    const length = view.getInt32(at + 4, true);
    if (length < 0 || length > longest) {
      return refuse(`has the token ${id} of ${length} bytes, where the longest is of ${longest}`);
    }
    if (Number.isNaN(score)) return refuse(`has no score for the token ${id}`);
    const end = at + 8 + length;
    if (end > file.length) return refuse(`ends within the token ${id}`);
    tokens.push(file.subarray(at + 8, end));
    scores.push(score);
    at = end;
  }
  if (tokens.length <= FIRST_BYTE) {
    return refuse(`has ${tokens.length} tokens, of which ${FIRST_BYTE} are special`);
  }
  const empty = tokens.findIndex((token, id) => id >= FIRST_BYTE && token.length === 0);
  if (empty >= 0) return refuse(`has no text for the token ${empty}`);
  // There is one for each byte, or none for any.
  const keys = tokens.map(keyOf);
  const isByte = Array.from(
    { length: BYTES },
    (_, byte) => keys[FIRST_BYTE + byte] === byteToken(byte),
  );
  const bytes = keys.some((key) => /^<0x[0-9A-F]{2}>$/.test(key));
  if (bytes && isByte.includes(false)) {
    return refuse(`has tokens for bytes, but not the one for the byte ${isByte.indexOf(false)}`);
  }
  const ids = new Map<string, number>();
  const pieces = tokens.map((token, id) => {
    if (id < FIRST_BYTE) return new Uint8Array(0);
    if (id < firstTextOf(bytes)) return Uint8Array.of(id - FIRST_BYTE);
    const key = keyOf(token);
    if (!ids.has(key)) ids.set(key, id);
    return token;
  });
  return { pieces, scores, bytes, ids };
}

/** The first id of a token that texts are made of. */
function firstTextOf(bytes: boolean): number {
  return FIRST_BYTE + (bytes ? BYTES : 0);
}

function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
}

/** Bytes as a text of one character each: what a map can compare. */
function keyOf(bytes: Uint8Array): string {
  let key = "";
  for (const byte of bytes) key += String.fromCharCode(byte);
  return key;
}
