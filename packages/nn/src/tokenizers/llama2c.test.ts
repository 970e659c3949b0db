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
