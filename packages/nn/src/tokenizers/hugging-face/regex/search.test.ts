import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UnsupportedPattern } from "./character-sets.ts";
import { compileRegex } from "./compile.ts";
import { matches } from "./search.ts";

const found = (source: string, text: string): (readonly [number, number])[] => [
  ...matches(compileRegex(source), text),
];

/** The same by JavaScript's engine, whose `u` flag and classes of ASCII the patterns here have in common. */
function expected(source: string, text: string): [number, number][] {
  const pattern = new RegExp(source, "gu");
  return Array.from(text.matchAll(pattern), ({ 0: match, index }) => [index, index + match.length]);
}

describe("the search for a regular expression", () => {
  it("finds what JavaScript's engine finds", () => {
    const atom = fc.constantFrom(
      "a",
      "b",
      "[ab]",
      "[^a]",
      "c",
      "😀",
      "\\p{L}",
      "(?=a)",
      "(?!b)",
      "(?<=a)",
      "(?<!ab)",
    );
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => {
      const inner = tie("pattern").map((one) => `(?:${one})`);
      const part = fc.oneof({ weight: 4, arbitrary: atom }, inner);
      const quantified = fc
        .tuple(
          part.filter((one) => !one.startsWith("(?")),
          fc.constantFrom("", "*", "+", "?", "*?", "+?", "{2}", "{1,2}"),
        )
        .map(([one, quantifier]) => one + quantifier);
      const sequence = fc.array(fc.oneof(quantified, part), { minLength: 1, maxLength: 3 });
      return {
        pattern: fc
          .array(
            sequence.map((all) => all.join("")),
            { minLength: 1, maxLength: 3 },
          )
          .map((all) => all.join("|")),
      };
    });
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c", "😀"), maxLength: 10 });
    fc.assert(
      fc.property(pattern, text, (source, one) => {
        // After an empty match, engines begin the next search at different places: one is compared.
        expect(found(source, one)[0]).toEqual(expected(source, one)[0]);
      }),
      { numRuns: 500 },
    );
  });

  // Engines that go back take exponential time for the first three, and power for the others.
  it.each([
    ["(a+)+$", "b", 0],
    ["(a|a)*c", "b", 0],
    ["(?:a?a+)+c", "b", 0],
    ["a*a*a*a*c", "b", 0],
    ["(?=(a+)+c)a", "b", 0],
    ["(?:a|aa)+$", "", 1],
  ])("takes no exponential time for %s", (source, end, count) => {
    expect(found(source, "a".repeat(20_000) + end)).toHaveLength(count);
  });

  it("is ended where an atomic group would take too long", () => {
    expect(() => found("(?>a+)b", "a".repeat(20_000))).toThrow(
      expect.objectContaining({ code: "TOKENIZER_TEXT" }),
    );
  });

  it("has the classes of Oniguruma", () => {
    // U+0085 is white space and U+FEFF is not; digits and words are of all scripts.
    expect(found("\\s", "\u0085\uFEFF")).toEqual([[0, 1]]);
    expect(found("\\d+", "१२3")).toEqual([[0, 3]]);
    expect(found("\\w+", "né½")).toEqual([[0, 3]]);
    expect(found("[\\w]+", "né½")).toEqual([[0, 2]]);
    expect(found("(?i:'S)", "'s 'ſ")).toHaveLength(2);
    expect(found("(?i:[^s])", "sSſa")).toEqual([[3, 4]]);
    expect(found("(?i:\\p{Lu})", "aA")).toEqual([[1, 2]]);
    expect(found("[[:punct:]]", "!$¢a")).toHaveLength(3);
    expect(found("\\p{Punct}", "!$¢a")).toHaveLength(1);
    // U+A7CE is a letter since Unicode 17, which Oniguruma's tables do not have.
    expect(found("\\p{L}|\\p{Cn}", "\u{A7CE}a")).toHaveLength(2);
    expect(found("\\p{L}", "\u{A7CE}a")).toEqual([[1, 2]]);
    expect(found("^a$", "a\na")).toHaveLength(2);
  });

  it.each([
    "(a)\\1",
    "(?:a*)*",
    "\\Ka",
    "(?i:ß)",
    "(?i:ss)",
    "\\X",
    "(?:a{999}){999}",
    "\\p{Nonesuch}",
    "[\\p{Punct}]",
    "(?<n>a\\g<n>?)",
  ])("refuses %s, which is not computed", (source) => {
    expect(() => compileRegex(source)).toThrow(UnsupportedPattern);
  });
});
