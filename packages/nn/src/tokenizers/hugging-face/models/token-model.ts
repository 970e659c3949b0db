import type { Settings } from "../settings.ts";
import { bpe } from "./bpe.ts";
import { unigram } from "./unigram.ts";
import type { TokenModel } from "./vocabulary.ts";
import { wordLevel, wordPiece } from "./word-piece.ts";

/**
 * The model of a tokenizer.json.
 *
 * @throws PapilioError `TOKENIZER_FILE`, `TOKENIZER_UNSUPPORTED`
 */
export function tokenModelOf(settings: Settings): TokenModel {
  switch (settings.textIfAny("type") ?? untyped(settings)) {
    case "BPE":
      return bpe(settings);
    case "WordPiece":
      return wordPiece(settings);
    case "WordLevel":
      return wordLevel(settings);
    case "Unigram":
      return unigram(settings);
    default:
      throw settings.unsupported("type");
  }
}

/** Old files do not name the type, which what they have tells. */
function untyped(settings: Settings): string {
  if (Array.isArray(settings.raw("vocab"))) return "Unigram";
  if (settings.raw("merges") !== undefined) return "BPE";
  return settings.raw("continuing_subword_prefix") === undefined ? "WordLevel" : "WordPiece";
}
