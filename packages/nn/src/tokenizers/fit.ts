import { flag, number, objectOf } from "../arguments/checks.ts";
import { type Tokenizer, tokenizerError } from "./tokenizer.ts";

/** Models' vocabularies are filled up to multiples of powers of two, which are at most so many. */
const MULTIPLE = 128;
/** Some are filled up to more, as phi-2's 50,295 to 51,200; but not by a larger share than this. */
const SHARE = 0.05;

const tokenizerCheck = objectOf({ vocabularySize: number, paddedVocabulary: flag });

/**
 * Refuses a tokenizer that is another model's, before anything is generated: one with more tokens than the
 * model, or with so few that the model's vocabulary is not this one, padded. In llama2.c it never is.
 *
 * @param vocabulary tokens of the model: rows of its embedding
 * @throws PapilioError `TOKENIZER_MISMATCH`
 */
export function requireTokenizerFits(tokenizer: Tokenizer, vocabulary: number): void {
  tokenizerCheck("the tokenizer", tokenizer);
  number("The vocabulary of the model", vocabulary);
  const { vocabularySize, paddedVocabulary } = tokenizer;
  const padded = Math.max(
    MULTIPLE * Math.ceil(vocabularySize / MULTIPLE),
    (1 + SHARE) * vocabularySize,
  );
  const most = paddedVocabulary ? padded : vocabularySize;
  if (vocabularySize <= vocabulary && vocabulary <= most) return;
  throw tokenizerError(
    "TOKENIZER_MISMATCH",
    `The tokenizer has ${vocabularySize} tokens, and the model ${vocabulary}.`,
  );
}
