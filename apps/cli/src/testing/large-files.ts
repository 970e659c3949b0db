import jpeg from "jpeg-js";
import { PNG } from "pngjs";
import { TOKENIZER } from "./model-folders.ts";

const LETTERS = [..."abcdefghijklmnopqrstuvwxyz"];

/** Tokens of letters, each but the first made of one before and a letter. */
function tokensOf(count: number): { readonly tokens: string[]; readonly merges: string[] } {
  const tokens = ["<s>", "<unk>", ...LETTERS];
  const merges: string[] = [];
  for (let index = 0; tokens.length < count; index++) {
    const [left, right] = [tokens[2 + Math.floor(index / 26)], LETTERS[index % 26]] as [
      string,
      string,
    ];
    tokens.push(left + right);
    merges.push(`${left} ${right}`);
  }
  return { tokens, merges };
}

/** A tokenizer.json of a vocabulary of so many entries, with a model of a type; with `added`, many added tokens. */
export function tokenizerOf(type: string, count: number): string {
  const { tokens, merges } = tokensOf(count);
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const known = { unk_token: "<unk>", vocab };
  const [first] = TOKENIZER.added_tokens;
  const added = Array.from({ length: count / 5 }, (_, index) => ({
    ...first,
    id: tokens.length + index,
    content: `<extra_${index}>`,
  }));
  const models: Readonly<Record<string, object>> = {
    BPE: { type, ...known, merges },
    WordPiece: { type, ...known, continuing_subword_prefix: "##", max_input_chars_per_word: 100 },
    Unigram: {
      type,
      unk_id: 1,
      byte_fallback: false,
      vocab: tokens.map((one, id) => [one, -id / 7]),
    },
  };
  return JSON.stringify({
    ...TOKENIZER,
    added_tokens: type === "added" ? [first, ...added] : [first],
    model: models[type] ?? { type: "WordLevel", ...known },
  });
}

/** The same for llama2.c, after its special tokens and bytes. */
export function llama2cTokenizerOf(count: number): Uint8Array {
  const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, "0");
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${hex(byte)}>`);
  const texts = ["<unk>", "\n<s>\n", "\n</s>\n", ...bytes, ...tokensOf(count).tokens.slice(2)];
  const longest = Buffer.alloc(4);
  longest.writeInt32LE(32);
  const parts = texts.flatMap((text, id) => {
    const head = Buffer.alloc(8);
    head.writeFloatLE(-id, 0);
    head.writeInt32LE(Buffer.byteLength(text), 4);
    return [head, Buffer.from(text)];
  });
  return Buffer.concat([longest, ...parts]);
}

/** A square image of noise, or of one color, as a case of a reader's memory. */
export function image(
  format: "png" | "jpeg",
  side: number,
  noise: boolean,
  bytesOfPixel: number,
): readonly [
  reader: string,
  small: Uint8Array,
  name: string,
  large: () => Uint8Array,
  size: undefined,
  beside: { readonly bytes: number },
] {
  const name = `a ${format} of ${side} x ${side} pixels of ${noise ? "noise" : "one color"}`;
  const large = (): Uint8Array => encoded(format, side, noise);
  const beside = { bytes: bytesOfPixel * side * side };
  return ["image", encoded(format, 8, true), name, large, undefined, beside];
}

function encoded(format: "png" | "jpeg", side: number, noise: boolean): Uint8Array {
  const data = new Uint8Array(4 * side * side);
  let state = 1;
  for (let index = 0; noise && index < data.length; index++) {
    // A linear congruential generator.
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    data[index] = state >> 16;
  }
  if (format === "jpeg") return jpeg.encode({ width: side, height: side, data }, 90).data;
  const png = new PNG({ width: side, height: side });
  png.data.set(data);
  return PNG.sync.write(png);
}
