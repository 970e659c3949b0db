import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { huggingFaceTokenizer } from "./hugging-face.ts";
import { byteLevelJson, sentencePieceJson } from "./testing/tokenizer-json.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

const byteLevel = await huggingFaceTokenizer(byteLevelJson(), { eos_token: "<|end|>" });
const sentencePiece = await huggingFaceTokenizer(sentencePieceJson(), {
  bos_token: { content: "<s>" },
  eos_token: "</s>",
});

/** Texts of whole characters, of one to four bytes, of several code points some. */
const anyText = fc.string({
  unit: fc.constantFrom("a", " ", " the", "\n", "é", "€", "😀", "👩‍👧", "n't", " ,"),
});

const TOKENIZERS = [
  ["byte-level", byteLevel],
  ["of SentencePiece's kind", sentencePiece],
] as const;

describe("a tokenizer.json", () => {
  it("is read parsed, as text and as bytes", async () => {
    const text = JSON.stringify(byteLevelJson());
    for (const contents of [text, new TextEncoder().encode(text)]) {
      const tokenizer = await huggingFaceTokenizer(contents);
      expect(tokenizer.encode(" the é")).toEqual(byteLevel.encode(" the é"));
      expect(tokenizer.endOfSequence).toBeUndefined();
    }
  });

  it("has its merges, its sizes and its special tokens", () => {
    expect(byteLevel).toMatchObject({ vocabularySize: 261, endOfSequence: 0 });
    expect(byteLevel.beginOfSequence).toBeUndefined();
    // 257 to 260 are the merges: Ġt, he, Ġthe and é.
    expect(byteLevel.encode(" the é")).toEqual([259, 1 + 0x20, 260]);
    expect(sentencePiece).toMatchObject({
      vocabularySize: 266,
      beginOfSequence: 1,
      endOfSequence: 2,
    });
    expect(sentencePiece.encode("the")).toEqual([1, 265]);
    expect(sentencePiece.encode("the", { specialTokens: false })).toEqual([265]);
    expect(sentencePiece.decode([1, 265, 2])).toBe("the");
    expect(byteLevel.decode([])).toBe("");
  });

  it.each(TOKENIZERS)("that is %s gives every text back", (_, tokenizer) => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
    );
  });

  it.each(TOKENIZERS)(
    "that is %s decodes as ids come, without a character in two",
    (_, tokenizer) => {
      const stream = tokenizer.decodeStream();
      fc.assert(
        fc.property(anyText, (text) => {
          const pieces = tokenizer.encode(text).map((id) => stream.push(id));
          expect(pieces.join("") + stream.end()).toBe(text);
          for (const piece of pieces) expect(piece).not.toContain("\u{FFFD}");
        }),
      );
    },
  );

  it("does not wait for ever for a character that never comes", () => {
    const stream = byteLevel.decodeStream();
    const half = 1 + 0xc3;
    const pieces = Array.from({ length: 100 }, () => stream.push(half));
    expect(pieces.join("").length).toBeGreaterThan(50);
    expect(pieces.join("") + stream.end()).toBe(byteLevel.decode(Array(100).fill(half)));
  });

  it("has no text for ids of a padded vocabulary, which models may generate", () => {
    // The reference implementation leaves them out: a model of 50,304 tokens has 50,257 of GPT-2's.
    const the = byteLevel.encode(" the");
    expect(byteLevel.decode([261, ...the, 50_303])).toBe(" the");
    const stream = byteLevel.decodeStream();
    expect([261, ...the, 50_303, ...the].map((id) => stream.push(id))).toEqual([
      "",
      " the",
      "",
      " the",
    ]);
    expect(stream.end()).toBe("");
  });

  it("refuses what is not an id", () => {
    for (const id of [-1, 0.5, Number.NaN]) {
      expect(() => byteLevel.decode([id])).toThrow(code("TOKEN_UNKNOWN"));
      expect(() => byteLevel.decodeStream().push(id)).toThrow(code("TOKEN_UNKNOWN"));
    }
  });

  it("without a token for a character, or for unknown ones, refuses the text", async () => {
    const tokenizer = await huggingFaceTokenizer({
      ...byteLevelJson(),
      added_tokens: [],
      pre_tokenizer: null,
      post_processor: null,
      model: { type: "BPE", unk_token: "<unk>", vocab: { a: 0 }, merges: [] },
    });
    expect(tokenizer.encode("aa")).toEqual([0, 0]);
    expect(() => tokenizer.encode("ab")).toThrow(code("TOKENIZER_TEXT"));
  });

  it.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["null", "null"],
    ["no UTF-8", Uint8Array.of(0xff)],
    ["nothing in it", {}],
    ["no vocabulary", { ...byteLevelJson(), model: { type: "BPE", merges: [] } }],
  ])("with %s is refused", async (_, contents) => {
    await expect(huggingFaceTokenizer(contents)).rejects.toThrow(code("TOKENIZER_FILE"));
    await expect(huggingFaceTokenizer(byteLevelJson(), "[]")).rejects.toThrow(
      code("TOKENIZER_FILE"),
    );
  });
});
