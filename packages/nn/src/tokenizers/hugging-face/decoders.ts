import { fromByteCharacters } from "./byte-characters.ts";
import { patternOf, replacing } from "./patterns.ts";
import type { Settings } from "./settings.ts";

/** Makes the texts of tokens into parts of the whole text. */
export type TokenDecoder = (tokens: readonly string[]) => string[];

/**
 * A decoder of tokenizer.json.
 *
 * @throws PapilioError `TOKENIZER_FILE`, `TOKENIZER_UNSUPPORTED`
 */
export function decoderOf(settings: Settings): TokenDecoder {
  switch (settings.type) {
    case "ByteLevel":
      return (tokens) => [utf8(tokens.flatMap((token) => [...fromByteCharacters(token)]))];
    case "WordPiece":
      return wordPiece(settings);
    case "Metaspace":
      return metaspace(settings);
    case "BPEDecoder": {
      const suffix = settings.text("suffix", "</w>");
      return (tokens) =>
        tokens.map((token, index) =>
          token.replaceAll(suffix, index === tokens.length - 1 ? "" : " "),
        );
    }
    case "CTC":
      return ctc(settings);
    case "Replace": {
      const replace = replacing(patternOf(settings), settings.text("content"));
      return (tokens) => tokens.map(replace);
    }
    case "Fuse":
      return (tokens) => [tokens.join("")];
    case "Strip":
      return strip(settings);
    case "ByteFallback":
      return byteFallback;
    case "Sequence": {
      const all = settings.all("decoders").map(decoderOf);
      return (tokens) => all.reduce<string[]>((parts, one) => one(parts), [...tokens]);
    }
    default:
      throw settings.unsupported("type");
  }
}

function utf8(bytes: readonly number[]): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

function wordPiece(settings: Settings): TokenDecoder {
  const prefix = settings.text("prefix", "##");
  const clean = settings.flag("cleanup", true) ? cleanUp : (text: string) => text;
  return (tokens) =>
    tokens.map((token, index) => {
      if (index === 0) return clean(token);
      return clean(token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`);
    });
}

function cleanUp(text: string): string {
  return text
    .replaceAll(" .", ".")
    .replaceAll(" ?", "?")
    .replaceAll(" !", "!")
    .replaceAll(" ,", ",")
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(" do not", " don't")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re");
}

function metaspace(settings: Settings): TokenDecoder {
  const replacement = settings.character("replacement", "\u2581");
  const scheme = settings.choice("prepend_scheme", ["always", "first", "never"]);
  const prepended = settings.flag("add_prefix_space", true) && scheme !== "never";
  return (tokens) =>
    tokens.map((token, index) =>
      token.replaceAll(replacement, index === 0 && prepended ? "" : " "),
    );
}

function ctc(settings: Settings): TokenDecoder {
  const pad = settings.text("pad_token", "<pad>");
  const delimiter = settings.text("word_delimiter_token", "|");
  const clean = settings.flag("cleanup", true);
  return (tokens) =>
    tokens
      .filter((token, index) => token !== tokens[index - 1])
      .map((token) => {
        const text = pad === "" ? token : token.replaceAll(pad, "");
        return clean ? cleanUp(text).replaceAll(delimiter, " ") : text;
      })
      .filter((text) => text !== "");
}

function strip(settings: Settings): TokenDecoder {
  const content = settings.character("content");
  const start = settings.count("start", 0);
  const stop = settings.count("stop", 0);
  return (tokens) =>
    tokens.map((token) => {
      const all = [...token];
      let from = 0;
      while (from < start && all[from] === content) from++;
      let to = all.length;
      while (to > from && all.length - to < stop && all[to - 1] === content) to--;
      return all.slice(from, to).join("");
    });
}

/** Tokens of bytes, `<0x41>`, together; bytes that are not UTF-8 become U+FFFD, one for each. */
function byteFallback(tokens: readonly string[]): string[] {
  const parts: string[] = [];
  let bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length === 0) return;
    try {
      const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
      parts.push(decoder.decode(Uint8Array.from(bytes)));
    } catch {
      for (let byte = 0; byte < bytes.length; byte++) parts.push("\u{FFFD}");
    }
    bytes = [];
  };
  for (const token of tokens) {
    const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
    if (byte !== undefined) bytes.push(Number.parseInt(byte, 16));
    else {
      flush();
      parts.push(token);
    }
  }
  flush();
  return parts;
}
