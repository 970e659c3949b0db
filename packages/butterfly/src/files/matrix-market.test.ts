import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readMatrixMarket } from "./matrix-market.ts";
import { matrixMarketValues } from "./matrix-market-values.ts";

interface Fixture {
  readonly text: string;
  readonly shape: readonly [number, number];
  readonly re: readonly number[];
  readonly im?: readonly number[];
}

/** What SciPy reads: made by testing/make-fixtures.py. */
const fixtures = JSON.parse(
  readFileSync(new URL("testing/matrix-market.json", import.meta.url), "utf8"),
) as Readonly<Record<string, Fixture>>;
const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const BANNER = "%%MatrixMarket matrix coordinate real general\n";

describe("a Matrix Market file", () => {
  it.each(Object.entries(fixtures))("has the entries that SciPy finds (%s)", (_, fixture) => {
    const matrix = readMatrixMarket(bytes(fixture.text));
    expect([matrix.rows, matrix.cols]).toEqual(fixture.shape);
    const values = matrixMarketValues(matrix, "float64");
    if ("re" in values) {
      expect([...values.re]).toEqual(fixture.re);
      // SciPy has -0 where the mirrored part of a real entry is.
      expect([...values.im].map((value) => value + 0)).toEqual(
        fixture.im?.map((value) => value + 0),
      );
    } else {
      expect([...values]).toEqual(fixture.re);
    }
  });

  it.each([
    ["nothing", "", "FILE_TRUNCATED"],
    ["another format", "\x93NUMPY\x01", "FILE_HEADER"],
    ["no matrix", "%%MatrixMarket vector coordinate real general\n1 1\n", "FILE_HEADER"],
    ["an array of a pattern", "%%MatrixMarket matrix array pattern general\n1 1\n", "FILE_HEADER"],
    ["a real hermitian", "%%MatrixMarket matrix array real hermitian\n1 1\n1\n", "FILE_HEADER"],
    ["inherited names", "%%MatrixMarket matrix array constructor general\n1 1\n1\n", "FILE_HEADER"],
    ["no sizes", BANNER, "FILE_TRUNCATED"],
    ["negative sizes", `${BANNER}-1 2 1\n1 1 1\n`, "FILE_HEADER"],
    ["sizes beyond 2^31", `${BANNER}9999999999 2 1\n1 1 1\n`, "FILE_HEADER"],
    ["entries beyond memory", `${BANNER}2 2 9007199254740991\n1 1 1\n`, "FILE_TRUNCATED"],
    [
      "an array beyond memory",
      "%%MatrixMarket matrix array real general\n2147483647 2147483647\n1\n",
      "FILE_TRUNCATED",
    ],
    ["too few entries", `${BANNER}2 2 2\n1 1 1        \n`, "FILE_TRUNCATED"],
    ["too many entries", `${BANNER}2 2 1\n1 1 1\n2 2 2\n`, "FILE_TENSOR"],
    ["a row of 0", `${BANNER}2 2 1\n0 1 1\n`, "FILE_TENSOR"],
    ["a column beyond the last", `${BANNER}2 2 1\n1 3 1\n`, "FILE_TENSOR"],
    ["an entry that is not a number", `${BANNER}2 2 1\n1 1 x\n`, "FILE_TENSOR"],
    ["an entry that is not finite", `${BANNER}2 2 1\n1 1 1e999\n`, "FILE_TENSOR"],
    [
      "a symmetric rectangle",
      "%%MatrixMarket matrix coordinate real symmetric\n2 3 1\n1 1 1\n",
      "FILE_HEADER",
    ],
  ])("with %s is refused", (_, text, expected) => {
    expect(() => readMatrixMarket(bytes(text))).toThrow(code(expected));
  });

  it("has no dense form that is out of proportion to it", () => {
    const matrix = readMatrixMarket(bytes(`${BANNER}100000 100000 1\n1 1 1\n`));
    expect(() => matrixMarketValues(matrix, "float32")).toThrow(code("DENSE_TOO_LARGE"));
  });
});
