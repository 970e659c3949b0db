import { readFileSync } from "node:fs";
import { join } from "node:path";
import { verdictOf } from "@papilio/bench/analysis";
import { type BenchResults, parseResults } from "@papilio/bench/results";
import { describe, expect, it } from "vitest";
import { wrapped } from "./columns.ts";
import { renderResults } from "./render-results.ts";

const read = (name: string): BenchResults =>
  parseResults(readFileSync(join(import.meta.dirname, "../../../../results", name), "utf8"));

describe("the results in a terminal", () => {
  it.each(["foundation-lavapipe.jsonl", "paper-lavapipe.jsonl", "chains-swiftshader.jsonl"])(
    "fit 80 columns and end with the verdict: %s",
    (name) => {
      const results = read(name);
      const lines = renderResults(results).split("\n");
      expect(lines.filter((line) => [...line].length > 80)).toEqual([]);
      // One table: two lines a case or more, as names are long.
      expect(lines.filter((line) => line.startsWith("│")).length).toBeGreaterThanOrEqual(
        2 * Math.min(200, results.cases.length),
      );
      expect(lines.join(" ")).toContain(verdictOf(results)[0]);
    },
  );

  it("have every implementation with --wide", () => {
    const results = read("chains-swiftshader.jsonl");
    const text = renderResults(results, { wide: true });
    const timed = results.cases.flatMap((item) =>
      item.results.filter(({ status }) => status === "timed"),
    );
    expect(text.match(/^│ .*│ ×[\d.e+]+ +│$/gm)).toHaveLength(timed.length);
    expect(text).toContain("bmm spends");
  });
});

it("breaks texts between words, and leaves longer words whole", () => {
  expect(wrapped("one two three\nfour", 8)).toBe("one two\nthree\nfour");
  expect(wrapped("a wordthatislong b", 6)).toBe("a\nwordthatislong\nb");
});
