import { tokenizerError } from "../tokenizer.ts";
import { UnsupportedPattern } from "./regex/character-sets.ts";
import { compileRegex } from "./regex/compile.ts";
import { matches } from "./regex/search.ts";
import { Settings } from "./settings.ts";
import { literal, type Pattern, spansOf } from "./spans.ts";

/**
 * The pattern of a `Split` or `Replace`: `{ String }` or `{ Regex }`.
 *
 * @throws PapilioError `TOKENIZER_FILE`, `TOKENIZER_UNSUPPORTED`
 */
export function patternOf(settings: Settings): Pattern {
  const value = settings.raw("pattern");
  // Old files have a text alone.
  const pattern =
    typeof value === "string"
      ? new Settings({ String: value }, settings.place)
      : settings.required("pattern");
  const text = pattern.textIfAny("String");
  if (text === "") throw pattern.unsupported("String");
  return text === undefined ? regexPattern(pattern.text("Regex"), pattern) : literal(text);
}

/**
 * Refuses a text that a normalizer makes much longer: replacements in a row grow as powers.
 *
 * @throws PapilioError `TOKENIZER_TEXT`
 */
export function requireNotGrown(original: number, length: number): void {
  if (length <= 16 * original + 2 ** 16) return;
  throw tokenizerError(
    "TOKENIZER_TEXT",
    `The tokenizer.json makes ${length} characters of a text of ${original}.`,
  );
}

/**
 * Replaces what a pattern matches.
 *
 * @throws PapilioError `TOKENIZER_TEXT` for a text that becomes too long
 */
export function replacing(pattern: Pattern, content: string): (text: string) => string {
  return (text) => {
    const spans = pattern(text);
    const length = spans.reduce(
      (sum, { start, end, match }) => sum + (match ? content.length : end - start),
      0,
    );
    requireNotGrown(text.length, length);
    return spans
      .map(({ start, end, match }) => (match ? content : text.slice(start, end)))
      .join("");
  };
}

/** The matches of a regular expression of Oniguruma. */
export function regexPattern(source: string, settings: Settings): Pattern {
  try {
    const program = compileRegex(source);
    // Nothing matches in an empty text, not even what is empty.
    return (text) => (text === "" ? [] : spansOf(text, matches(program, text)));
  } catch (cause) {
    if (cause instanceof UnsupportedPattern) {
      throw settings.unsupported("Regex", `which has ${cause.message}: that is not computed here`);
    }
    throw tokenizerError(
      "TOKENIZER_FILE",
      `${settings.place}.Regex of the tokenizer.json is not a regular expression: ${(cause as Error).message}.`,
      cause,
    );
  }
}
