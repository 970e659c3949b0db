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
      `${settings.place}.Regex of the tokenizer.json is no regular expression: ${(cause as Error).message}.`,
      cause,
    );
  }
}
