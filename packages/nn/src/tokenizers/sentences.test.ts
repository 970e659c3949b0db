import { expect, it } from "vitest";
import { huggingFaceTokenizer } from "./hugging-face.ts";
import { encodeSentences } from "./sentences.ts";

const tokenizer = await huggingFaceTokenizer({
  model: { type: "WordLevel", unk_token: "?", vocab: { "?": 0, a: 1, b: 2, "query:": 3, A: 4 } },
  pre_tokenizer: { type: "WhitespaceSplit" },
  post_processor: { type: "BertProcessing", cls: ["C", 8], sep: ["S", 9] },
  // As files of sentence encoders have them: libraries of models do not apply them.
  truncation: { direction: "Right", max_length: 3, strategy: "LongestFirst", stride: 0 },
  padding: { strategy: { Fixed: 6 }, direction: "Right", pad_id: 7 },
});

it("applies the tokenizer's own truncation and padding unless told otherwise", () => {
  expect(tokenizer.encode("a b a")).toEqual([8, 1, 9, 7, 7, 7]);
  expect(tokenizer.encode("a b a", { ownLengths: false })).toEqual([8, 1, 2, 1, 9]);
  expect(tokenizer.encode("a b a", { maxLength: 4 })).toEqual([8, 1, 2, 9]);
  expect(tokenizer.encode("a b a", { maxLength: 2, specialTokens: false })).toEqual([1, 2]);
});

it("makes ids and lengths of sentences, cut within their special tokens", () => {
  const batch = encodeSentences(tokenizer, ["a", " a b a b a ", ""], { maxTokens: 5 });
  expect(batch).toEqual({
    ids: Uint32Array.of(8, 1, 9, 0, 0, 8, 1, 2, 1, 9, 8, 9, 0, 0, 0),
    lengths: Uint32Array.of(3, 5, 2),
    sequences: 3,
    tokens: 5,
  });
});

it("puts prompts in front, and lower case where it is asked for", () => {
  const text = { prompts: { query: "query: ", none: "" }, defaultPrompt: "query", lowerCase: true };
  expect([...encodeSentences(tokenizer, ["A"], text).ids]).toEqual([8, 3, 1, 9]);
  expect([...encodeSentences(tokenizer, ["A"], text, "none").ids]).toEqual([8, 1, 9]);
  expect(() => encodeSentences(tokenizer, ["A"], text, "passage")).toThrow(
    expect.objectContaining({ code: "PROMPT_UNKNOWN" }),
  );
});
