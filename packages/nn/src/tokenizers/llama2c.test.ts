import { readFileSync } from "node:fs";
import { PapilioError } from "@papilio/butterfly";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { llama2cTokenizer } from "./llama2c.ts";

const folder = new URL("../../testdata/stories260K/", import.meta.url);
const file = new Uint8Array(readFileSync(new URL("tok512.bin", folder)));
const { greedyIds, text } = JSON.parse(readFileSync(new URL("reference.json", folder), "utf8")) as {
  greedyIds: number[];
  text: string;
};

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const tokenizer = llama2cTokenizer(file);
/** Texts of whole characters, of one to four bytes, many of which are no tokens. */
const anyText = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("a", " ", "the", "\n", "é", "€", "😀", "\u{FEFF}", "<s>") }),
);

describe("the tokenizer of llama2.c", () => {
  it("has the sizes of its file", () => {
    expect(tokenizer).toMatchObject({ vocabularySize: 512, beginOfSequence: 1, endOfSequence: 2 });
  });

  it("makes the reference text of the reference ids", () => {
    expect(tokenizer.decode(greedyIds)).toBe(text);
    expect(tokenizer.decode([1, ...greedyIds])).toBe(text.slice(1));
  });

  it("makes the reference ids of the reference text", () => {
    expect(tokenizer.encode(text.slice(1), { specialTokens: false })).toEqual(greedyIds);
    expect(tokenizer.encode(text.slice(1))).toEqual([1, ...greedyIds]);
  });

  it("gives every text back", () => {
    fc.assert(
      fc.property(anyText, (original) => {
        expect(tokenizer.decode(tokenizer.encode(original))).toBe(original);
      }),
    );
    expect(tokenizer.encode("")).toEqual([1]);
  });

  it("writes characters that are no tokens as bytes", () => {
    const ids = tokenizer.encode("😀", { specialTokens: false });
    expect(ids.slice(1)).toEqual([...new TextEncoder().encode("😀")].map((byte) => 3 + byte));
  });

  it("makes no special token of a text that looks like one", () => {
    for (const special of ["<unk>", "\n<s>\n", "\n</s>\n", "<0x0A>"]) {
      const ids = tokenizer.encode(special, { specialTokens: false });
      expect(ids.filter((id) => id < 3)).toEqual([]);
      expect(tokenizer.decode([1, ...ids])).toBe(special);
    }
  });

  it("takes a lone surrogate for what it cannot be written as", () => {
    expect(tokenizer.decode(tokenizer.encode("a\u{D800}b"))).toBe("a\u{FFFD}b");
  });

  it("decodes as ids come, without a character in two", () => {
    fc.assert(
      fc.property(anyText, (original) => {
        const stream = tokenizer.decodeStream();
        const pieces = tokenizer.encode(original).map((id) => stream.push(id));
        expect(pieces.join("") + stream.end()).toBe(original);
        for (const piece of pieces) expect(piece.isWellFormed()).toBe(true);
        // A valid text has no replacement characters but its own.
        if (!original.includes("\u{FFFD}")) expect(pieces.join("")).not.toContain("\u{FFFD}");
      }),
    );
  });

  it("decodes any ids, as they come or all at once", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(511)), (ids) => {
        const stream = tokenizer.decodeStream();
        const together = ids.map((id) => stream.push(id)).join("") + stream.end();
        expect(together).toBe(tokenizer.decode(ids));
        // The stream is as new.
        expect(stream.push(403) + stream.end()).toBe(tokenizer.decode([403]));
      }),
    );
  });

  it.each([512, -1, 0.5, Number.NaN])("refuses the id %d", (id) => {
    expect(() => tokenizer.decode([id])).toThrow(code("TOKEN_UNKNOWN"));
    expect(() => tokenizer.decodeStream().push(id)).toThrow(code("TOKEN_UNKNOWN"));
  });
});

/** What karpathy/llama2.c's tokenizer.py writes of pieces and scores of SentencePiece. */
function exported(pieces: readonly string[]): Uint8Array {
  const texts = pieces.map((piece) => new TextEncoder().encode(piece.replaceAll("▁", " ")));
  const bytes: number[] = [];
  const write = (set: "setFloat32" | "setInt32", value: number): void => {
    const view = new DataView(new ArrayBuffer(4));
    view[set](0, value, true);
    bytes.push(...new Uint8Array(view.buffer));
  };
  write("setInt32", Math.max(...texts.map((text) => text.length)));
  for (const [id, text] of texts.entries()) {
    write("setFloat32", id < 3 ? 0 : -(id - 3));
    write("setInt32", text.length);
    for (const byte of text) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

describe("a vocabulary of 105 characters, without tokens for bytes", () => {
  const letters = [
    ..."▁etaoinhsrdluwgcymfpb,.kvIT\"'SHBWMLAx-OYEjqzCDGFPNJ?!RUVK:;ZQX0123456789éäöü€“”‘’—…$%&/()[]*+=@#<>{}|~^",
  ];
  const pieces = ["<unk>", "\n<s>\n", "\n</s>\n", "\n", ...new Set(letters)].slice(0, 105);
  const characters = llama2cTokenizer(exported(pieces));

  it("has the ids of its characters", () => {
    expect(pieces).toHaveLength(105);
    expect(characters).toMatchObject({ vocabularySize: 105, paddedVocabulary: false });
    const ids = (text: string): number[] => [...text].map((one) => pieces.indexOf(one));
    expect(characters.encode("tea€")).toEqual([1, ...ids("▁tea€")]);
    expect(characters.encode("a b\n", { specialTokens: false })).toEqual(ids("▁a▁b\n"));
    expect(characters.decode([1, ...ids("▁a▁b€é")])).toBe("a b€é");
    expect(characters.decode(characters.encode("Once upon a time, é"))).toBe("Once upon a time, é");
  });

  it("refuses characters that it does not have, rather than take others for them", () => {
    for (const text of ["日", "a😀", "ß"]) {
      expect(() => characters.encode(text)).toThrow(code("TOKENIZER_TEXT"));
    }
  });

  it("merges where it has tokens of several characters", () => {
    const merging = llama2cTokenizer(
      exported(["<unk>", "<s>", "</s>", "▁", "a", "b", "ab", "▁ab"]),
    );
    expect(merging.encode("abb")).toEqual([1, 7, 5]);
  });

  it("may have a token longer than the arguments of a call", () => {
    const long = "ab".repeat(500_000);
    const tokenizer = llama2cTokenizer(exported(["<unk>", "<s>", "</s>", "a", long]));
    expect(tokenizer.decode([4])).toBe(long);
  });

  it("is refused where some of the tokens for bytes are missing, or a token is empty", () => {
    const bytes = Array.from(
      { length: 256 },
      (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
    );
    const special = pieces.slice(0, 3);
    expect(llama2cTokenizer(exported([...special, ...bytes])).vocabularySize).toBe(259);
    for (const wrong of [
      [...special, ...bytes.slice(1)],
      [...special, ...bytes.slice(0, 255)],
      [...special, ...bytes.with(0, "x")],
      [...special, ...bytes.with(255, "x")],
      [...special, "a", ""],
      special,
    ]) {
      expect(() => llama2cTokenizer(exported(wrong))).toThrow(code("TOKENIZER_FILE"));
    }
    for (const zeros of [5, 64, 1024]) {
      expect(() => llama2cTokenizer(new Uint8Array(zeros))).toThrow(code("TOKENIZER_FILE"));
    }
  });
});

describe("a tokenizer's file", () => {
  it.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array(0)],
    ["too few tokens", file.subarray(0, 4 + 8 + 5)],
    ["half a token", file.subarray(0, -1)],
    ["a token without end", file.with(8, 255)],
    ["a negative length", file.with(11, 255)],
    ["another token for a byte", file.with(file.indexOf("A".charCodeAt(0), 60), 0x42)],
    ["a model", new Uint8Array(readFileSync(new URL("stories260K.bin", folder)))],
  ])("with %s is refused", (_, contents) => {
    expect(() => llama2cTokenizer(contents)).toThrow(code("TOKENIZER_FILE"));
  });

  it("is refused or gives texts back, whatever is changed in it", () => {
    const change = fc.tuple(fc.nat(file.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const hostile = file.slice();
        for (const [at, byte] of changes) hostile[at] = byte;
        try {
          const changed = llama2cTokenizer(hostile);
          const original = "Once upon a time, é 😀";
          expect(changed.decode(changed.encode(original))).toBe(original);
        } catch (error) {
          expect(error).toBeInstanceOf(PapilioError);
          expect((error as PapilioError).code).toBe("TOKENIZER_FILE");
        }
      }),
      { numRuns: 300 },
    );
  });
});
