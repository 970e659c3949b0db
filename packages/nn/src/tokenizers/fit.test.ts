import { expect, it } from "vitest";
import { requireTokenizerFits } from "./fit.ts";
import { huggingFaceTokenizer } from "./hugging-face.ts";
import type { Tokenizer } from "./tokenizer.ts";

const of = (vocabularySize: number, paddedVocabulary: boolean): Tokenizer =>
  ({ vocabularySize, paddedVocabulary }) as Tokenizer;
const mismatch: unknown = expect.objectContaining({ code: "TOKENIZER_MISMATCH" });

it.each([
  ["GPT-2, padded for training", 50_257, 50_304],
  ["Pythia", 50_277, 50_688],
  ["T5", 32_100, 32_128],
  ["phi-2", 50_295, 51_200],
  ["Qwen2", 151_646, 151_936],
  ["a vocabulary that is not padded", 49_152, 49_152],
])("a tokenizer fits a padded vocabulary: %s", (_, tokens, vocabulary) => {
  requireTokenizerFits(of(tokens, true), vocabulary);
  if (tokens < vocabulary) {
    expect(() => requireTokenizerFits(of(tokens, false), vocabulary)).toThrow(mismatch);
  }
});

it.each([
  ["of llama2.c's 105 characters for 512 tokens", 105, 512],
  ["of llama2.c's 512 tokens for 105", 512, 105],
  ["of GPT-2 for Llama 2", 50_257, 32_000],
  ["of Llama 2 for GPT-2", 32_000, 50_257],
  ["of one token more", 50_305, 50_304],
])("a tokenizer of another model is refused: %s", (_, tokens, vocabulary) => {
  for (const padded of [true, false]) {
    expect(() => requireTokenizerFits(of(tokens, padded), vocabulary)).toThrow(mismatch);
  }
});

it("counts ids that special tokens and padding have beyond the vocabulary", async () => {
  const json = {
    model: { type: "WordLevel", vocab: { a: 0, b: 1 }, unk_token: "a" },
    post_processor: { type: "BertProcessing", cls: ["x", 500], sep: ["y", 3] },
  };
  const { vocabularySize } = await huggingFaceTokenizer(json);
  expect(vocabularySize).toBe(501);
  expect((await huggingFaceTokenizer({ ...json, post_processor: null })).vocabularySize).toBe(2);
});
