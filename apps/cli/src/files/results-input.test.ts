import { parseResults } from "@papilio/bench/results";
import { uniform } from "@papilio/butterfly/numeric";
import { describe, expect, it } from "vitest";
import { resultsText } from "../testing/results-records.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { linesOf } from "./file-pieces.ts";
import { endOf } from "./results-end.ts";
import { readResults } from "./results-input.ts";

const folder = temporaryFolder();

describe("the lines of a file in pieces", () => {
  it("are those of its text, wherever it is divided", () => {
    const texts = ["\n", "\r\n", "", "a", "é", "文", "🦋", '{"a":1}', "\ufeff", " "];
    const next = uniform(7);
    const below = (count: number): number => Math.floor(((next() + 1) / 2) * count) % count;
    for (let run = 0; run < 200; run++) {
      const text = Array.from({ length: below(30) }, () => texts[below(texts.length)]).join("");
      const bytes = new TextEncoder().encode(text);
      const cuts = Array.from({ length: below(5) }, () => below(bytes.length + 1));
      const places = [0, ...cuts, bytes.length].toSorted((p, q) => p - q);
      const pieces = places.slice(1).map((end, index) => bytes.slice(places[index], end));
      // A byte-order mark is no part of a text.
      const expected = text.split("\n").map((line) => line.replace(/^\ufeff/, ""));
      expect([...linesOf(pieces)]).toEqual(expected);
      expect(pieces).toEqual([]);
    }
  });

  it("are refused where one is longer than any result", () => {
    const pieces = Array.from({ length: 17 }, () => new Uint8Array(2 ** 20).fill(0x20));
    expect(() => [...linesOf(pieces)]).toThrow(
      expect.objectContaining({ code: "INPUT_UNREADABLE" }),
    );
  });
});

describe("a results file", () => {
  it("is read line by line as it is as one text", async () => {
    const text = `${resultsText(30)}{"record":"case\n\n${resultsText(2)}`;
    const input = await readResults(folder.write("results.jsonl", text));
    expect(input.areModels).toBe(false);
    const results = input.multiplications();
    expect(results).toEqual(parseResults(text));
    expect(results.damagedLines).toEqual([resultsText(30).split("\n").length]);
  });

  it("is no results of models as a text beyond sixteen megabytes", async () => {
    const file = folder.write("long.json", `{"a":"${"x".repeat(2 ** 24)}"}`);
    await expect(readResults(file)).rejects.toThrow(
      expect.objectContaining({
        code: "INPUT_UNREADABLE",
        message: expect.stringMatching(/16777224 bytes/),
      }),
    );
  });

  it.each([
    ["", "empty"],
    ["\n \n", "empty"],
    ["\n \0", "cut header"],
    ['{"record":"run","schema":"papilio-ben', "cut header"],
    ['{"record":"run","schema":"papilio-ben\n', "cut header"],
    ['{"record":"run","schema":"papilio-ben\n\0\0', "cut header"],
    ["{}", "open line"],
    ["{}\n", "line"],
    ["{}\n{", "open line"],
    ["{}\n{}\n", "line"],
    ["x\ny\n", "line"],
  ] as const)("ends: %j: %s", (text, end) => {
    expect(endOf(new TextEncoder().encode(text))).toBe(end);
  });
});
