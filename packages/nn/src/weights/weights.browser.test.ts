import { expect, it } from "vitest";
import { huggingFaceTokenizer } from "../tokenizers/hugging-face.ts";
import { sentencePieceJson } from "../tokenizers/testing/tokenizer-json.ts";
import { loadStateDict } from "./load-state-dict.ts";
import { contentsOf } from "./testing/checkpoints.ts";
import { SHARDS, SINGLE, STATE, TOTAL } from "./testing/small-model.ts";

it("weights are loaded in a browser: files that a user chose, and addresses", async () => {
  const files = new Map([...SHARDS].map(([name, bytes]) => [name, new File([bytes], name)]));
  expect(contentsOf(await loadStateDict(files))).toEqual(contentsOf(STATE));
  const url = URL.createObjectURL(new Blob([SINGLE]));
  const loaded: number[] = [];
  const state = await loadStateDict(url, { onProgress: (report) => loaded.push(report.loaded) });
  URL.revokeObjectURL(url);
  expect(contentsOf(state)).toEqual(contentsOf(STATE));
  expect(loaded.at(-1)).toBe(TOTAL);
});

it("an address is relative to the page, and a page in its place is refused", async () => {
  // The server of tests answers with its page where there is no file, as those of applications do.
  await expect(loadStateDict("/model/nowhere/x.safetensors")).rejects.toMatchObject({
    code: expect.stringMatching(/^HTTP_(CONTENT|STATUS)$/),
  });
});

it("a tokenizer.json is read in a browser", async () => {
  const tokenizer = await huggingFaceTokenizer(sentencePieceJson());
  expect(tokenizer.decode(tokenizer.encode("the é 😀"))).toBe("the é 😀");
});
