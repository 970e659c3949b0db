import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PapilioError } from "../errors/papilio-error.ts";
import { Pattern } from "./pattern.ts";

const entry = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 8000 }));
const patterns = fc
  .tuple(entry, entry, entry, entry)
  .map(([a, b, c, d]) => new Pattern(a, b, c, d));

/** An error with this code whose message contains this text. */
function refusal(code: string, text = ""): unknown {
  return expect.objectContaining({
    constructor: PapilioError,
    code,
    message: expect.stringContaining(text),
  });
}

describe("Pattern", () => {
  it("has the sizes of its support", () => {
    const pattern = new Pattern(2, 3, 5, 7);
    expect(pattern).toMatchObject({ rows: 42, cols: 70, nonZeros: 210, blocks: 14 });
    expect(pattern.density).toBe(210 / (42 * 70));
  });

  it("parses what it formats", () => {
    fc.assert(
      fc.property(patterns, (pattern) => {
        expect(Pattern.parse(pattern.toString()).equals(pattern)).toBe(true);
      }),
    );
  });

  it.each(["(4,64,63,5)", " 4, 64 ,63,5 ", "\t( 4 ,64,\n63,5 )"])("parses %j", (text) => {
    expect(Pattern.parse(text).toString()).toBe("4,64,63,5");
  });

  it.each([
    "",
    "1,2,3",
    "1,2,3,4,5",
    "1,2,3,",
    "1,,3,4",
    "1e3,2,3,4",
    "1.5,2,3,4",
    "-1,2,3,4",
    "0x1,2,3,4",
    "(1,2,3,4",
    "((1,2,3,4))",
    "1 2,3,4,5",
    "1;2;3;4",
    "NaN,1,1,1",
    "١,2,3,4",
  ])("refuses the text %j", (text) => {
    expect(() => Pattern.parse(text)).toThrow(refusal("PATTERN_SYNTAX", JSON.stringify(text)));
  });

  it("does not repeat a long text in full", () => {
    const message = (): string => {
      try {
        return Pattern.parse("9".repeat(10_000)).toString();
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(message().length).toBeLessThan(120);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    "refuses the entry %d wherever it stands",
    (bad) => {
      for (let position = 0; position < 4; position++) {
        const [a, b, c, d] = [2, 3, 4, 5].with(position, bad) as [number, number, number, number];
        const name = "abcd"[position];
        expect(() => new Pattern(a, b, c, d)).toThrow(
          refusal("PATTERN_INVALID", `pattern ${a},${b},${c},${d}, ${name} is ${bad}:`),
        );
      }
    },
  );

  it("refuses a text of zero or of more digits than a number holds", () => {
    expect(() => Pattern.parse("4,0,1,1")).toThrow(refusal("PATTERN_INVALID", "b is 0"));
    expect(() => Pattern.parse(`1,1,1,${"9".repeat(400)}`)).toThrow(
      refusal("PATTERN_INVALID", "d"),
    );
  });

  it("takes 2^53 - 1 values and refuses one more", () => {
    const largest = new Pattern(6361, 69431, 20394401, 1);
    expect(BigInt(largest.nonZeros)).toBe(2n ** 53n - 1n);
    expect(() => new Pattern(2 ** 40, 2 ** 13, 1, 1)).toThrow(
      refusal("PATTERN_INVALID", "9.01e+15"),
    );
    expect(() => new Pattern(2 ** 40, 2 ** 40, 2 ** 40, 2 ** 40)).toThrow(
      refusal("PATTERN_INVALID"),
    );
  });

  it("accepts exactly the patterns whose number of values is safe", () => {
    const wide = fc.integer({ min: 1, max: 2 ** 20 });
    fc.assert(
      fc.property(wide, wide, wide, wide, (a, b, c, d) => {
        const exact = BigInt(a) * BigInt(b) * BigInt(c) * BigInt(d);
        if (exact < 2n ** 53n) expect(BigInt(new Pattern(a, b, c, d).nonZeros)).toBe(exact);
        else expect(() => new Pattern(a, b, c, d)).toThrow(refusal("PATTERN_INVALID"));
      }),
    );
  });

  it("transposes to the exchanged sizes, and back", () => {
    fc.assert(
      fc.property(patterns, (pattern) => {
        const transposed = pattern.transpose();
        expect([transposed.rows, transposed.cols]).toEqual([pattern.cols, pattern.rows]);
        expect(transposed.transpose().equals(pattern)).toBe(true);
        expect(transposed.equals(pattern)).toBe(pattern.b === pattern.c);
      }),
    );
  });

  it("cannot be changed", () => {
    const pattern = new Pattern(1, 2, 3, 4);
    expect(() => Object.assign(pattern, { a: 2 })).toThrow(TypeError);
    expect(pattern.a).toBe(1);
  });
});
