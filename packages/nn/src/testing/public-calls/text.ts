import { readFileSync } from "node:fs";
import { call, create, invoke, type PublicCalls } from "@papilio/public-arguments";
import * as nn from "../every-entry.ts";

const llama2c = nn.llama2cTokenizer(
  new Uint8Array(
    readFileSync(new URL("../../../testdata/stories260K/tok512.bin", import.meta.url)),
  ),
);
const json = {
  model: { type: "WordLevel", vocab: { "<unk>": 0, once: 1, upon: 2 }, unk_token: "<unk>" },
  pre_tokenizer: { type: "Whitespace" },
};
const huggingFace = await nn.huggingFaceTokenizer(json);
const encoding = { specialTokens: true, ownLengths: true, maxLength: 8 };

const methodsOf = (name: string, tokenizer: nn.Tokenizer): PublicCalls => ({
  [`${name}, encode`]: () => invoke(tokenizer, "encode", "once upon", encoding),
  [`${name}, decode`]: () => invoke(tokenizer, "decode", [1, 2]),
  [`${name}, push`]: () => invoke(tokenizer.decodeStream(), "push", 2),
});

/** Text to numbers and back. */
export const textCalls: PublicCalls = {
  llama2cTokenizer: () =>
    call(
      nn.llama2cTokenizer,
      new Uint8Array(
        readFileSync(new URL("../../../testdata/stories260K/tok512.bin", import.meta.url)),
      ),
    ),
  ...methodsOf("llama2cTokenizer", llama2c),
  huggingFaceTokenizer: () => call(nn.huggingFaceTokenizer, json, { bos_token: "once" }),
  "huggingFaceTokenizer of text": () => call(nn.huggingFaceTokenizer, JSON.stringify(json)),
  ...methodsOf("huggingFaceTokenizer", huggingFace),
  StopSequences: () => create(nn.StopSequences, ["\n"]),
  "StopSequences#push": () => invoke(new nn.StopSequences(["b"]), "push", "a"),
  "StopSequences#end": () => invoke(new nn.StopSequences(["b"]), "end"),
  requireTokenizerFits: () => call(nn.requireTokenizerFits, huggingFace, 3),
  encodeSentences: () =>
    call(
      nn.encodeSentences,
      huggingFace,
      ["once upon"],
      { maxTokens: 8, lowerCase: true, prompts: { query: "upon " }, defaultPrompt: "query" },
      "query",
    ),
  requireLogits: () => call(nn.requireLogits, Float32Array.of(1, 2), "the next token"),
  sampler: () => call(nn.sampler, { temperature: 0.5, topK: 2, topP: 0.9, seed: 1 }),
  "sampler, a choice": () => call(nn.sampler(), Float32Array.of(1, 2)),
};
