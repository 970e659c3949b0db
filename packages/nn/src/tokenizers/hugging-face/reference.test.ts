import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CASES } from "../testing/reference-cases.ts";
import { pipelineOf } from "./pipeline.ts";
import { Settings } from "./settings.ts";

interface Answer {
  readonly ids: readonly number[] | null;
  readonly plain: readonly number[] | null;
  readonly decoded: string | null;
}

const file = new URL("../../../testdata/tokenizers/reference.json", import.meta.url);
const reference = JSON.parse(readFileSync(file, "utf8")) as {
  readonly name: string;
  readonly answers: readonly Answer[];
}[];

describe("a tokenizer.json makes the ids and texts of the reference implementation", () => {
  it.each(CASES.map((one, index) => ({ ...one, index })))(
    "$name",
    ({ name, settings, texts, index }) => {
      const known = reference[index] as (typeof reference)[number];
      expect(known.name).toBe(name);
      const { encode, decode } = pipelineOf(new Settings(settings));
      for (const [number, text] of texts.entries()) {
        const { ids, plain, decoded } = known.answers[number] as Answer;
        if (ids === null) {
          // It has no token for the text, which is an error there too.
          expect(() => encode(text)).toThrow(expect.objectContaining({ code: "TOKENIZER_TEXT" }));
          continue;
        }
        expect(encode(text)).toEqual(ids);
        expect(encode(text, { specialTokens: false })).toEqual(plain);
        // The reference does not know a special token again that its normalizer has changed.
        if (name !== "added tokens 5 Lowercase") expect(decode(ids)).toBe(decoded);
      }
    },
  );

  it("in more than a thousand cases", () => {
    const answers = reference.flatMap((one) => one.answers);
    expect(answers.length).toBeGreaterThan(1000);
    expect(answers.filter(({ ids }) => ids !== null).length).toBeGreaterThan(1000);
  });
});
