import { toByteCharacters } from "./byte-characters.ts";
import { patternOf, replacing, requireNotGrown } from "./patterns.ts";
import { precompiledNormalizer } from "./precompiled.ts";
import type { Settings } from "./settings.ts";
import {
  CHINESE,
  CONTROL,
  eachCharacter,
  everywhere,
  lowerCase,
  MARK,
  NONSPACING_MARK,
  normalizationForm,
  WHITE_SPACE,
  withoutSpacesAround,
} from "./unicode.ts";

/** Changes a text before it is divided. */
export type Normalizer = (text: string) => string;

/**
 * A normalizer of tokenizer.json.
 *
 * @throws PapilioError `TOKENIZER_FILE`, `TOKENIZER_UNSUPPORTED`
 */
export function normalizerOf(settings: Settings): Normalizer {
  switch (settings.type) {
    case "BertNormalizer":
      return bert(settings);
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD":
      return normalizationForm(settings.type as "NFC");
    case "Lowercase":
      return lowerCase;
    case "Strip":
      return strip(settings);
    case "StripAccents":
      return remove(MARK);
    case "Nmt":
      return nmt;
    case "Precompiled":
      return precompiledNormalizer(settings);
    case "Replace":
      return replacing(patternOf(settings), settings.text("content"));
    case "Prepend": {
      const prepend = settings.text("prepend");
      return (text) => (text === "" ? "" : prepend + text);
    }
    case "ByteLevel":
      return toByteCharacters;
    case "Sequence": {
      const all = settings.all("normalizers").map(normalizerOf);
      return (text) =>
        all.reduce((changed, normalizer) => {
          const next = normalizer(changed);
          requireNotGrown(text.length, next.length);
          return next;
        }, text);
    }
    default:
      throw settings.unsupported("type");
  }
}

function bert(settings: Settings): Normalizer {
  const lowercase = settings.flag("lowercase", true);
  const steps: Normalizer[] = [];
  if (settings.flag("clean_text", true)) {
    const controls = remove(CONTROL);
    const spaces = everywhere(WHITE_SPACE);
    steps.push(controls, (text) => text.replace(spaces, " "));
  }
  if (settings.flag("handle_chinese_chars", true)) {
    const chinese = everywhere(CHINESE);
    steps.push((text) => text.replace(chinese, " $& "));
  }
  if (settings.flag("strip_accents", lowercase)) {
    steps.push(normalizationForm("NFD"), remove(NONSPACING_MARK));
  }
  if (lowercase) steps.push(lowerCase);
  return (text) => steps.reduce((changed, step) => step(changed), text);
}

function strip(settings: Settings): Normalizer {
  const left = settings.flag("strip_left", true);
  const right = settings.flag("strip_right", true);
  return (text) => withoutSpacesAround(text, { left, right });
}

function remove(characters: RegExp): Normalizer {
  const pattern = everywhere(characters);
  return (text) => text.replace(pattern, "");
}

/** Removed, and made spaces. Source: "Nmt" of the reference implementation, after SentencePiece's nmt_nfkc. */
const NMT_REMOVED = /(?![\0\t\n\f\r\u0080-\u008E\u0090-\u009E])\p{Cc}/u;
const NMT_SPACES = /[\t\n\f\r\u1680\u200B-\u200F\u2028\u2029\u2581\uFEFF\uFFFD]/u;

function nmt(text: string): string {
  return eachCharacter(text, (character) => {
    if (NMT_REMOVED.test(character)) return "";
    return NMT_SPACES.test(character) ? " " : character;
  });
}
