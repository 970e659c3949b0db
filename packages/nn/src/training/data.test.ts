import { describe, expect, it } from "vitest";
import { huggingFaceTokenizer } from "../tokenizers/hugging-face.ts";
import { characterTokenizer, characterTokens } from "./characters.ts";
import { readIdx } from "./idx.ts";

const invalid = expect.objectContaining({ code: "DATA_INVALID" });

describe("IDX files", () => {
  it("have axes, and then bytes", () => {
    const header = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3];
    const { shape, values } = readIdx(Uint8Array.from([...header, 1, 2, 3, 4, 5, 255]));
    expect(shape).toEqual([2, 1, 3]);
    expect([...values]).toEqual([1, 2, 3, 4, 5, 255]);
  });

  it.each([
    [[]],
    [[0, 0, 8]],
    [[0, 0, 8, 0]],
    [[0, 0, 8, 1, 0, 0]],
    [[0, 0, 8, 1, 0, 0, 0, 2, 9]],
    [[0, 0, 8, 1, 0, 0, 0, 0, 9]],
    [[0, 0, 0x0d, 1, 0, 0, 0, 1, 0, 0, 0, 0]],
    // 2^96 elements, and 2^32 of them that are none.
    [[0, 0, 8, 3, ...Array(12).fill(255)]],
    [[1, 0, 8, 1, 0, 0, 0, 1, 9]],
  ])("%j is refused", (bytes) => {
    expect(() => readIdx(Uint8Array.from(bytes))).toThrow(invalid);
  });
});

describe("characters", () => {
  const text = 'To be,\nor "not" — 𝄞 é\u0301 be?';

  it("are code points, in their order, and come back", () => {
    const { vocabulary, tokens } = characterTokens(text);
    expect(vocabulary).toEqual(
      [...new Set(text)].sort((p, q) => p.codePointAt(0)! - q.codePointAt(0)!),
    );
    expect([...tokens].map((id) => vocabulary[id]).join("")).toBe(text);
    expect([...characterTokens("be", vocabulary).tokens].map((id) => vocabulary[id])).toEqual([
      "b",
      "e",
    ]);
  });

  it("have a tokenizer.json that gives the same tokens, and the text", async () => {
    const { vocabulary, tokens } = characterTokens(text);
    const json = new TextEncoder().encode(JSON.stringify(characterTokenizer(vocabulary)));
    const tokenizer = await huggingFaceTokenizer(json);
    expect([...tokenizer.encode(text)]).toEqual([...tokens]);
    expect(tokenizer.decode([...tokens])).toBe(text);
  });

  it("are refused where there is none, or one beyond the vocabulary", () => {
    expect(() => characterTokens("")).toThrow(invalid);
    expect(() => characterTokens("abc", ["a", "b"])).toThrow(invalid);
    const all = Array.from({ length: 70_000 }, (_, at) => String.fromCodePoint(0x10000 + at)).join(
      "",
    );
    expect(() => characterTokens(all)).toThrow(invalid);
  });
});
