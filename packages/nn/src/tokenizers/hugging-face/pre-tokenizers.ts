import { toByteCharacters } from "./byte-characters.ts";
import { patternOf, regexPattern } from "./patterns.ts";
import type { Settings } from "./settings.ts";
import {
  BEHAVIORS,
  type Behavior,
  characters,
  inverted,
  literal,
  type Pattern,
  type Span,
  spansOf,
  splitSpans,
} from "./spans.ts";
import { NUMERIC, PUNCTUATION, WHITE_SPACE, WORD } from "./unicode.ts";

/** A part of a text that becomes tokens by itself. */
export interface Piece {
  readonly text: string;
  /** Whether it begins where the whole text does. */
  readonly first: boolean;
}

/** Divides pieces of a text further. */
export type PreTokenizer = (pieces: readonly Piece[]) => Piece[];

const BYTE_LEVEL =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/**
 * A pre-tokenizer of tokenizer.json.
 *
 * @throws PapilioError `TOKENIZER_FILE`, `TOKENIZER_UNSUPPORTED`
 */
export function preTokenizerOf(settings: Settings): PreTokenizer {
  switch (settings.type) {
    case "ByteLevel":
      return byteLevel(settings);
    case "Whitespace": {
      const word = WORD.source;
      const parts = new RegExp(`(?:${word})+|(?:(?!${word}|${WHITE_SPACE.source})[\\s\\S])+`, "gu");
      return splitting((text) =>
        spansOf(text, matchesOf(text, parts)).filter(({ match }) => match),
      );
    }
    case "WhitespaceSplit":
      return splittingBy(characters(WHITE_SPACE), "Removed");
    case "BertPreTokenizer":
      return inOrder([
        splittingBy(characters(WHITE_SPACE), "Removed"),
        splittingBy(characters(PUNCTUATION), "Isolated"),
      ]);
    case "Punctuation":
      return splittingBy(characters(PUNCTUATION), settings.choice("behavior", BEHAVIORS));
    case "Digits":
      return splittingBy(
        characters(NUMERIC),
        settings.flag("individual_digits", false) ? "Isolated" : "Contiguous",
      );
    case "CharDelimiterSplit":
      return splittingBy(literal(settings.character("delimiter")), "Removed");
    case "Split": {
      const pattern = patternOf(settings);
      const divides = settings.flag("invert", false) ? inverted(pattern) : pattern;
      return splittingBy(divides, behaviorOf(settings));
    }
    case "Metaspace":
      return metaspace(settings);
    case "FixedLength":
      return fixedLength(settings);
    case "Sequence":
      return inOrder(settings.all("pretokenizers").map(preTokenizerOf));
    default:
      throw settings.unsupported("type");
  }
}

/** Whether a pre-tokenizer treats the beginning of a text in its own way. */
export function asksForFirst(settings: Settings | undefined): boolean {
  if (settings?.type === "Sequence") return settings.all("pretokenizers").some(asksForFirst);
  return settings?.type === "Metaspace" && settings.raw("prepend_scheme") === "first";
}

function behaviorOf(settings: Settings): Behavior {
  if (settings.raw("behavior") === undefined) throw settings.malformed("behavior", "a behavior");
  return settings.choice("behavior", BEHAVIORS);
}

function inOrder(all: readonly PreTokenizer[]): PreTokenizer {
  return (pieces) => all.reduce<Piece[]>((parts, one) => one(parts), [...pieces]);
}

function splitting(divide: (text: string) => readonly Span[]): PreTokenizer {
  return (pieces) =>
    pieces.flatMap(({ text, first }) =>
      divide(text).map(({ start, end }) => ({
        text: text.slice(start, end),
        first: first && start === 0,
      })),
    );
}

function splittingBy(pattern: Pattern, behavior: Behavior): PreTokenizer {
  return splitting((text) => splitSpans(pattern(text), behavior));
}

function* matchesOf(text: string, pattern: RegExp): Generator<readonly [number, number]> {
  for (const { 0: found, index } of text.matchAll(pattern)) yield [index, index + found.length];
}

function byteLevel(settings: Settings): PreTokenizer {
  const addPrefixSpace = settings.flag("add_prefix_space", true);
  settings.flag("trim_offsets", true);
  const pattern = settings.flag("use_regex", true)
    ? regexPattern(BYTE_LEVEL, settings)
    : (text: string) => spansOf(text, []);
  return (pieces) =>
    splittingBy(
      pattern,
      "Isolated",
    )(
      pieces.map(({ text, first }) => ({
        text: addPrefixSpace && !text.startsWith(" ") ? ` ${text}` : text,
        first,
      })),
    ).map(({ text, first }) => ({ text: toByteCharacters(text), first }));
}

function metaspace(settings: Settings): PreTokenizer {
  const replacement = settings.character("replacement", "\u2581");
  const declared = settings.choice("prepend_scheme", ["always", "first", "never"]);
  const prefix = settings.flag("add_prefix_space", true);
  if (!prefix && settings.raw("prepend_scheme") !== undefined && declared !== "never") {
    throw settings.unsupported("prepend_scheme", "which contradicts add_prefix_space");
  }
  const scheme = prefix ? declared : "never";
  const split = splittingBy(literal(replacement), "MergedWithNext");
  const whole = !settings.flag("split", true);
  return (pieces) => {
    const replaced = pieces.map(({ text, first }) => {
      const marked = text.replaceAll(" ", replacement);
      const prepend = scheme === "always" || (scheme === "first" && first);
      const bare = prepend && !marked.startsWith(replacement);
      return { text: bare ? replacement + marked : marked, first };
    });
    return whole ? replaced : split(replaced);
  };
}

function fixedLength(settings: Settings): PreTokenizer {
  const length = settings.count("length", 5);
  if (length === 0) throw settings.malformed("length", "a number above 0");
  return splitting((text) => {
    const ends: number[] = [0];
    let count = 0;
    let at = 0;
    for (const character of text) {
      at += character.length;
      if (++count % length === 0 || at === text.length) ends.push(at);
    }
    return ends.slice(1).map((end, index) => ({ start: ends[index] as number, end, match: false }));
  });
}
