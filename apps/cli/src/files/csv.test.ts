import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCsv, parseCsvTexts } from "./csv.ts";

interface Fixture {
  readonly text: string;
  readonly shape: readonly [number, number];
  /** As Python writes them. */
  readonly values: readonly string[];
}

/** What NumPy reads: made by testing/make-csv-files.py. */
const fixtures = JSON.parse(
  readFileSync(new URL("../testing/csv-files.json", import.meta.url), "utf8"),
) as Readonly<Record<string, Fixture>>;

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** Copies of so many bytes each, which a reader may release. */
function inPieces(bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer>[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, at) => bytes.slice(at * size, (at + 1) * size));
}

function valuesOf(text: string, size?: number): readonly [readonly number[], Float64Array] {
  const bytes = bytesOf(text);
  const source = size === undefined ? bytes : inPieces(bytes, size);
  const { shape, values } = parseCsv("x.csv", source, "float64");
  return [shape, values];
}

describe("numbers in lines", () => {
  it.each(Object.entries(fixtures))("are those that NumPy reads (%s)", (_, fixture) => {
    for (const size of [undefined, 1, 3, 64]) {
      const [shape, values] = valuesOf(fixture.text, size);
      expect(shape).toEqual(fixture.shape);
      expect([...values]).toEqual(fixture.values.map(Number));
    }
  });

  it("are rounded as the language rounds them, however they are written", () => {
    const written = fc
      .tuple(fc.double({ noNaN: true, min: -1e308, max: 1e308 }), fc.nat(20), fc.nat(3))
      .map(
        ([value, digits, way]) =>
          [
            `${value}`,
            value.toExponential(digits),
            value.toPrecision(digits + 1),
            `+${Math.abs(value)}`,
          ][way],
      );
    fc.assert(
      fc.property(fc.array(written, { minLength: 1, maxLength: 50 }), (texts) => {
        expect([...valuesOf(texts.join(","), 7)[1]]).toEqual(texts.map(Number));
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ["tabs at the ends of lines", "\t1\t2\t\n3\t4\t \t\n", [2, 2, 1, 2, 3, 4]],
    ["spaces at the ends of lines", "  1   2  \n3 4 \n", [2, 2, 1, 2, 3, 4]],
    ["spaces that do not break", "\u00a01,\u00a02\n\u00a0\n3\u00a0,4\n", [2, 2, 1, 2, 3, 4]],
    ["a tab in a line of semicolons", "1\t; 2\n3;\t4", [2, 2, 1, 2, 3, 4]],
    ["quotes", ' "1" ,"-2"\n', [1, 2, 1, -2]],
    ["many spaces and zeros", `1${" ".repeat(1e5)},${"0".repeat(1e4)}2`, [1, 2, 1, 2]],
  ])("may have %s", (_, text, [rows, cols, ...expected]) => {
    for (const size of [undefined, 2, 5]) {
      const [shape, values] = valuesOf(text, size);
      expect([...shape, ...values]).toEqual([rows, cols, ...expected]);
    }
  });

  it.each([
    ["a line that is longer", "1,2\n3,4,5\n", /Line 2 of x.csv has 3 numbers, and the first 2/],
    ["a line that is shorter", "1,2\n# x\n\n3\n", /Line 4 of x.csv has 1 numbers, and the first 2/],
    [
      "nothing between two commas",
      "1,,2\n",
      /Line 1 of x.csv has "", which is not a finite number/,
    ],
    ["nothing between two tabs", "1\t2\n1\t\t2\n", /Line 2 of x.csv has ""/],
    ["words", `${"1,2\n".repeat(9)}1,two\n`, /Line 10 of x.csv has "two"/],
    ["a number of a megabyte", `${"9".repeat(1e6)}\n`, /Line 1 of x.csv has "9{80}…"/],
    ["a quote alone", '"1,2"\n', /Line 1 of x.csv has "\\"1"/],
  ])("are refused with %s", (_, text, message) => {
    for (const size of [undefined, 4]) expect(() => valuesOf(text, size)).toThrow(message);
  });

  it("are asked no memory for that a file of its size cannot fill", () => {
    // The first line's length by the number of lines would be 10^10 numbers.
    const text = `${"1,".repeat(1e5)}1\n${"1\n".repeat(1e5)}`;
    expect(() => valuesOf(text)).toThrow(/Line 2 of x.csv has 1 numbers, and the first 100001/);
  });
});

describe("texts in lines", () => {
  it("come back as they were written, however they are divided and in whatever pieces", () => {
    const letters = fc.constantFrom(...'ab1 ;,\t"\n#é'.split(""));
    const cell = fc.array(letters, { maxLength: 6 }).map((all) => all.join("").trim());
    const table = fc.integer({ min: 2, max: 4 }).chain((cols) =>
      fc.array(fc.array(cell, { minLength: cols, maxLength: cols }), {
        minLength: 1,
        maxLength: 8,
      }),
    );
    fc.assert(
      fc.property(table, fc.constantFrom(",", ";", "\t"), fc.nat(5), (lines, separator, size) => {
        const written = lines
          .map((texts) => texts.map((text) => `"${text.replaceAll('"', '""')}"`).join(separator))
          .join("\r\n");
        const bytes = bytesOf(written);
        expect(parseCsvTexts("x.csv", inPieces(bytes, size + 1))).toEqual(lines);
      }),
      { numRuns: 200 },
    );
  });

  it("need no quotes, may be empty, and are refused where a line has too few", () => {
    const read = (text: string): string[][] => parseCsvTexts("x.csv", bytesOf(text));
    expect(read('\ufeffa, b ,c\n# no line\n1,,\n\n , 5" ,x')).toEqual([
      ["a", "b", "c"],
      ["1", "", ""],
      ["", '5"', "x"],
    ]);
    // Of bytes of which U+00A0 is made, too.
    expect(read("°C,à la,\u00a0x\r\n°,à,a\tb")).toEqual([
      ["°C", "à la", "x"],
      ["°", "à", "a\tb"],
    ]);
    expect(() => read("a,b\n1")).toThrow(expect.objectContaining({ code: "INPUT_SHAPE" }));
    expect(() => read(`a,"${"b".repeat(2 ** 17)}`)).toThrow(
      expect.objectContaining({ code: "INPUT_UNREADABLE" }),
    );
  });
});
