import { isId, type Settings } from "./settings.ts";

/** Puts special tokens around the ids of a text. */
export interface PostProcessor {
  readonly process: (ids: readonly number[], specialTokens: boolean) => number[];
  /** How many it adds, and which. */
  readonly added: readonly number[];
}

/**
 * A post-processor of tokenizer.json, for single texts.
 *
 * @throws PapilioError `TOKENIZER_FILE`, `TOKENIZER_UNSUPPORTED`
 */
export function postProcessorOf(settings: Settings): PostProcessor {
  switch (settings.type) {
    case "ByteLevel":
      return { process: (ids) => [...ids], added: [] };
    case "BertProcessing":
    case "RobertaProcessing": {
      const [cls, sep] = [tokenOf(settings, "cls"), tokenOf(settings, "sep")];
      return {
        process: (ids, specialTokens) => (specialTokens ? [cls, ...ids, sep] : [...ids]),
        added: [cls, sep],
      };
    }
    case "TemplateProcessing":
      return template(settings);
    case "Sequence": {
      const all = settings.all("processors").map(postProcessorOf);
      return {
        process: (ids, specialTokens) =>
          all.reduce((processed, one) => one.process(processed, specialTokens), [...ids]),
        added: all.flatMap(({ added }) => added),
      };
    }
    default:
      throw settings.unsupported("type");
  }
}

/** A token with its id, `["[CLS]", 101]`. */
function tokenOf(settings: Settings, name: string): number {
  const [token, id] = settings.list(name);
  if (typeof token === "string" && isId(id)) return id;
  throw settings.malformed(name, "a token and its id");
}

function template(settings: Settings): PostProcessor {
  const special = settings.within("special_tokens");
  settings.list("pair", []);
  // The ids of a special token; the text itself where there are none.
  const parts = settings.all("single").map((part) => {
    const token = part.within("SpecialToken");
    if (token !== undefined) {
      const id = token.text("id");
      const ids = special?.within(id)?.list("ids");
      if (ids?.every(isId)) return ids;
      throw token.malformed("id", "one of the special_tokens, with its ids");
    }
    const sequence = part.required("Sequence");
    if (sequence.text("id") === "A") return undefined;
    throw sequence.unsupported("id", "which is not the sequence of a single text");
  });
  return {
    process: (ids, specialTokens) =>
      parts.flatMap((part) => (part === undefined ? ids : specialTokens ? part : [])),
    added: parts.flatMap((part) => part ?? []),
  };
}
