import { describe, expect, it } from "vitest";
import { matrixOf, parseFormula } from "./formula.ts";

describe("a formula", () => {
  it.each([
    ["1 / (1 + abs(i - j))", 1 / 4],
    ["-i^2 + j * 2", 6],
    ["2^3^2", 512],
    ["cos(pi * (2 * j + 1) * i / (2 * n))", Math.cos((Math.PI * 11 * 2) / 16)],
    ["(i < j) + max(i, j, 7) % 4", 4],
    ["1.5e1 - .5", 14.5],
  ])("%s is computed", (formula, expected) => {
    expect(parseFormula(formula)({ i: 2, j: 5, n: 8 })).toBeCloseTo(expected, 12);
  });

  it.each(["", "1 +", "(i", "i j", "alert(1)", "constructor", "i; j", "tostring(i)", "[]"])(
    "%j is refused",
    (formula) => {
      expect(() => parseFormula(formula)).toThrow(/cannot be read/);
    },
  );

  it("makes a matrix row by row", () => {
    expect([...matrixOf("10 * i + j", 2)]).toEqual([0, 1, 10, 11]);
  });
});
