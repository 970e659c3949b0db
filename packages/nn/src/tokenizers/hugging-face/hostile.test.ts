import { readFileSync } from "node:fs";
import { PapilioError } from "@papilio/butterfly";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { huggingFaceTokenizer } from "../hugging-face.ts";
import { llama2cTokenizer } from "../llama2c.ts";
import { CASES } from "../testing/reference-cases.ts";
import { byteLevelJson, sentencePieceJson } from "../testing/tokenizer-json.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const file = (name: string): Uint8Array =>
  readFileSync(new URL(`../../../testdata/tokenizers/${name}`, import.meta.url));

/** Sets what a path leads to in a copy. */
function changed(value: unknown, path: readonly (string | number)[], leaf: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return leaf;
  if (Array.isArray(value))
    return value.with(key as number, changed(value[key as number], rest, leaf));
  return {
    ...(value as object),
    [key]: changed((value as Record<string, unknown>)[key], rest, leaf),
  };
}

/** Where all values of an object are, vocabularies and merges by a few of theirs. */
function pathsOf(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [[...path]];
  const entries = Array.isArray(value)
    ? value.map((one, index) => [index, one] as const)
    : Object.entries(value);
  return [[...path], ...entries.slice(0, 12).flatMap(([key, one]) => pathsOf(one, [...path, key]))];
}

describe("a hostile tokenizer.json", () => {
  it.each(["tokenizer-huge-id.json", "tokenizer-post-number.json"])(
    "%s is refused",
    async (name) => {
      await expect(huggingFaceTokenizer(file(name))).rejects.toThrow(code("TOKENIZER_FILE"));
    },
  );

  it("with a token of 100,000 characters for what is unknown is refused in a short message", async () => {
    const model = { type: "WordLevel", vocab: { a: 0 }, unk_token: "<".repeat(100_000) };
    const bytes = new TextEncoder().encode(JSON.stringify({ model }));
    const encode = huggingFaceTokenizer(bytes).then((tokenizer) => tokenizer.encode("b"));
    const error = await encode.catch((refused: unknown) => refused);
    expect(error).toMatchObject({ code: "TOKENIZER_TEXT" });
    expect((error as PapilioError).message.length).toBeLessThan(300);
  });

  it("with an expression that takes others exponential time makes ids", async () => {
    const tokenizer = await huggingFaceTokenizer(file("tokenizer-redos.json"));
    expect(tokenizer.encode(`${"a".repeat(5000)}b`)).toEqual([0]);
    expect(tokenizer.encode("baab")).toEqual([0]);
  });

  it.each([2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 53, -1, 0.5, "1", null, true, [1], {}])(
    "with the id %j is refused, wherever it stands",
    async (id) => {
      const json = byteLevelJson() as { model: { vocab: object }; added_tokens: object[] };
      const special = {
        type: "TemplateProcessing",
        single: [{ SpecialToken: { id: "x", type_id: 0 } }],
        special_tokens: { x: { ids: [id] } },
      };
      for (const wrong of [
        { ...json, model: { ...json.model, vocab: { ...json.model.vocab, x: id } } },
        { ...json, added_tokens: [{ ...json.added_tokens[0], id }] },
        { ...json, post_processor: special },
        { ...json, post_processor: { type: "BertProcessing", cls: ["x", id], sep: ["x", 0] } },
        ...(id === null ? [] : [{ ...json, padding: { strategy: "BatchLongest", pad_id: id } }]),
        ...(id === null ? [] : [{ ...json, padding: { strategy: { Fixed: id } } }]),
        ...(id === null ? [] : [{ ...json, truncation: { max_length: id } }]),
      ]) {
        await expect(huggingFaceTokenizer(wrong)).rejects.toThrow(
          expect.objectContaining({ code: expect.stringMatching(/^TOKENIZER_/) }),
        );
      }
    },
  );

  it("with settings that nest deeply is refused", async () => {
    let nested: object = { type: "NFC" };
    for (let depth = 0; depth < 5000; depth++) nested = { type: "Sequence", normalizers: [nested] };
    await expect(huggingFaceTokenizer({ ...byteLevelJson(), normalizer: nested })).rejects.toThrow(
      code("TOKENIZER_FILE"),
    );
    const brackets = "[".repeat(1_000_000);
    await expect(huggingFaceTokenizer(brackets)).rejects.toThrow(code("TOKENIZER_FILE"));
    const Regex = `${"(".repeat(20_000)}a${")".repeat(20_000)}`;
    const split = { type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false };
    await expect(
      huggingFaceTokenizer({ ...byteLevelJson(), pre_tokenizer: split }),
    ).rejects.toThrow(expect.objectContaining({ code: expect.stringMatching(/^TOKENIZER_/) }));
  });

  it("says what else a file is", async () => {
    const npy = new Uint8Array(128);
    npy.set([0x93, ...new TextEncoder().encode("NUMPY")]);
    const wrong = expect.objectContaining({
      code: "TOKENIZER_FILE",
      message: expect.stringContaining("NumPy"),
    });
    await expect(huggingFaceTokenizer(npy)).rejects.toThrow(wrong);
    expect(() => llama2cTokenizer(npy)).toThrow(wrong);
    const json = new TextEncoder().encode(JSON.stringify(byteLevelJson()));
    expect(() => llama2cTokenizer(json)).toThrow(
      expect.objectContaining({ message: expect.stringContaining("JSON") }),
    );
  });

  it("does not grow a text without end", async () => {
    const double = { type: "Replace", pattern: { String: "a" }, content: "aa" };
    const tokenizer = await huggingFaceTokenizer({
      ...byteLevelJson(),
      normalizer: { type: "Sequence", normalizers: Array.from({ length: 60 }, () => double) },
    });
    expect(() => tokenizer.encode("a")).toThrow(code("TOKENIZER_TEXT"));
  });

  it("takes texts of more parts than a call has arguments", async () => {
    const tokenizer = await huggingFaceTokenizer(byteLevelJson());
    const text = "a b\n".repeat(50_000);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    const bytes = await huggingFaceTokenizer(sentencePieceJson());
    expect(bytes.decode(Array(150_000).fill(3 + 0xc3))).toHaveLength(150_000);
  });

  it("names the setting that is not computed", async () => {
    for (const [part, name] of [
      [
        { model: { ...(byteLevelJson() as { model: object }).model, dropout: 0.1 } },
        "model.dropout",
      ],
      [{ pre_tokenizer: { type: "UnicodeScripts" } }, "pre_tokenizer.type"],
      [
        { normalizer: { type: "Sequence", normalizers: [{ type: "Unheard-of" }] } },
        "normalizer.normalizers[0].type",
      ],
      [
        { pre_tokenizer: { type: "Split", pattern: { Regex: "(a)\\1" }, behavior: "Isolated" } },
        "pre_tokenizer.pattern.Regex",
      ],
      [{ pre_tokenizer: { type: "Punctuation", behavior: "Sideways" } }, "pre_tokenizer.behavior"],
      [{ decoder: { type: "Unheard-of" } }, "decoder.type"],
      [{ post_processor: { type: "Unheard-of" } }, "post_processor.type"],
      [{ truncation: { max_length: 9, strategy: "OnlySecond" } }, "truncation.strategy"],
      [{ added_tokens: [{ id: 9, content: "<|end|>" }] }, "added_tokens[0].id"],
    ] as const) {
      await expect(huggingFaceTokenizer({ ...byteLevelJson(), ...part })).rejects.toThrow(
        expect.objectContaining({
          code: "TOKENIZER_UNSUPPORTED",
          message: expect.stringContaining(name),
        }),
      );
    }
  });

  it("has no error without a code, whatever stands where", async () => {
    const leaf = fc.constantFrom<unknown>(
      null,
      7,
      -1,
      1e300,
      "",
      "x",
      "\u{D800}",
      true,
      [],
      [[]],
      {},
      { type: "Sequence" },
      2 ** 31,
      [1],
      ["a", 0],
      { Regex: "(" },
      { Regex: "(?:a*)*" },
    );
    const mutation = fc.constantFrom(...CASES).chain((one) =>
      fc.tuple(
        fc.constant(one),
        fc.array(fc.tuple(fc.constantFrom(...pathsOf(one.settings)), leaf), {
          minLength: 1,
          maxLength: 2,
        }),
      ),
    );
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(mutation, async ([{ settings, texts }, changes]) => {
        try {
          let json: unknown = settings;
          for (const [path, value] of changes.slice(0, 1)) json = changed(json, path, value);
          const tokenizer = await huggingFaceTokenizer(json as object);
          accepted++;
          const ids = tokenizer.encode(texts[0] ?? "");
          for (const id of ids) expect(id < tokenizer.vocabularySize && id >= 0).toBe(true);
          tokenizer.decode(ids);
        } catch (error) {
          if (!(error instanceof PapilioError)) throw error;
          expect(error.code).toMatch(/^TOKENIZER_/);
        }
      }),
      { numRuns: 600 },
    );
    expect(accepted).toBeGreaterThan(0);
  });
});
