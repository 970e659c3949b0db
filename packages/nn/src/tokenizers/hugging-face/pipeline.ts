import { type EncodeOptions, tokenizerError } from "../tokenizer.ts";
import { addedTokensOf, sectionFinder } from "./added-tokens.ts";
import { decoderOf } from "./decoders.ts";
import { paddingOf, truncationOf } from "./lengths.ts";
import { tokenModelOf } from "./models/token-model.ts";
import { normalizerOf } from "./normalizers.ts";
import { postProcessorOf } from "./post-processors.ts";
import { asksForFirst, type Piece, preTokenizerOf } from "./pre-tokenizers.ts";
import type { Settings } from "./settings.ts";

/** What a tokenizer.json says, ready to be used. */
export interface Pipeline {
  /** Ids are below it. */
  readonly vocabularySize: number;
  idOf(token: string): number | undefined;
  /** Throws `TOKENIZER_TEXT`. */
  encode(text: string, options?: EncodeOptions): number[];
  /** Ids without tokens have no text. */
  decode(ids: readonly number[]): string;
}

/**
 * The pipeline of a tokenizer.json, as the reference implementation has it: added tokens are found, the
 * rest is normalized, divided and encoded; then special tokens are put around the ids.
 *
 * Source: huggingface/tokenizers 0.23.2.
 *
 * @throws PapilioError `TOKENIZER_FILE`, `TOKENIZER_UNSUPPORTED`
 */
export function pipelineOf(settings: Settings): Pipeline {
  const model = tokenModelOf(settings.required("model"));
  const { vocabulary } = model;
  const normalizers = settings.within("normalizer");
  const normalize = normalizers && normalizerOf(normalizers);
  const preTokenizers = settings.within("pre_tokenizer");
  const preTokenize = preTokenizers === undefined ? undefined : preTokenizerOf(preTokenizers);
  const decoders = settings.within("decoder");
  const decoder = decoders && decoderOf(decoders);
  const postProcessors = settings.within("post_processor");
  const post = postProcessors && postProcessorOf(postProcessors);
  const truncation = settings.within("truncation");
  const around = post?.added.length ?? 0;
  const truncate = truncationOf(truncation, around);
  const truncateAlone = truncationOf(truncation, 0);
  const { rule: pad, id: padId = 0 } = paddingOf(settings.within("padding"));

  const added = addedTokensOf(settings, vocabulary);
  const findExact = sectionFinder(added.filter(({ normalized }) => !normalized));
  const findNormalized = sectionFinder(
    added.filter(({ normalized }) => normalized),
    normalize,
  );
  const first = asksForFirst(preTokenizers);

  /** A part of the text that has no token yet, normalized. */
  const normalized = (text: string, begins: boolean): string => {
    const changed = normalize === undefined ? text : normalize(text);
    const same = changed.codePointAt(0) === text.codePointAt(0) || changed === "";
    if (!first || !begins || same) return changed;
    // What was at the beginning may have been taken away, which counts then.
    throw tokenizerError(
      "TOKENIZER_TEXT",
      'The normalizer changes how the text begins, on which the prepend_scheme "first" depends.',
    );
  };
  const encodeSection = (text: string, begins: boolean): number[] => {
    if (text === "") return [];
    const piece: Piece = { text, first: begins };
    const pieces = preTokenize === undefined ? [piece] : preTokenize([piece]);
    return pieces.flatMap((part) => (part.text === "" ? [] : model.encode(part.text)));
  };
  const encode = (original: string): number[] => {
    const text = original.toWellFormed();
    return findExact(text).flatMap(({ start, end, id }) => {
      if (id !== undefined) return id;
      const part = normalized(text.slice(start, end), start === 0);
      return findNormalized(part).flatMap((section) => {
        if (section.id !== undefined) return section.id;
        const begins = start === 0 && section.start === 0;
        return encodeSection(part.slice(section.start, section.end), begins);
      });
    });
  };

  const tokens = new Map<number, string>();
  for (const [token, id] of vocabulary) tokens.set(id, token);
  // Tokens that are looked for in normalized text are reported as they are found there.
  for (const token of added) {
    tokens.set(token.id, token.normalized && normalize ? normalize(token.content) : token.content);
  }
  const special = new Set(added.flatMap((token) => (token.special ? token.id : [])));
  let highest = Math.max(padId, ...(post?.added ?? []));
  for (const id of tokens.keys()) highest = Math.max(highest, id);
  const ids = new Map(added.map(({ content, id }) => [content, id]));
  return {
    vocabularySize: highest + 1,
    idOf: (token) => ids.get(token) ?? vocabulary.get(token),
    encode: (text, { specialTokens = true, ownLengths = true, maxLength } = {}) => {
      const all = encode(text);
      const own = ownLengths ? (specialTokens ? truncate : truncateAlone)(all) : all;
      const cut =
        maxLength === undefined
          ? own
          : all.slice(0, Math.max(0, maxLength - (specialTokens ? around : 0)));
      const processed = post === undefined ? [...cut] : post.process(cut, specialTokens);
      return ownLengths && maxLength === undefined ? [...pad(processed)] : processed;
    },
    decode: (given) => {
      const shown = given.flatMap((id) => (special.has(id) ? [] : (tokens.get(id) ?? [])));
      return decoder === undefined ? shown.join(" ") : decoder(shown).join("");
    },
  };
}
