import { describe, expect, it } from "vitest";
import { outOf, percent, quantity, times } from "./format.ts";

/** With ordinary spaces, which are easier to read in a test. */
const spaced = (text: string): string => text.replaceAll(" ", " ");

describe("quantity", () => {
  it.each([
    [0.001_234_5, "s", "1.23 ms"],
    [999.9e-6, "s", "1.00 ms"],
    [1, "s", "1.00 s"],
    [3.2e12, "B/s", "3.20 TB/s"],
    [45e12, "FLOP/s", "45.0 TFLOP/s"],
    [0, "s", "0 s"],
    [Number.POSITIVE_INFINITY, "s", "-"],
    [1e-20, "s", "0.0000100 fs"],
  ])("%d %s is %s", (value, unit, text) => {
    expect(spaced(quantity(value, unit))).toBe(text);
  });
});

it("words shares and ratios", () => {
  expect([percent(0.496), percent(undefined), outOf(1, 4), outOf(0, 0)].map(spaced)).toEqual([
    "50 %",
    "-",
    "1 of 4 (25 %)",
    "-",
  ]);
  expect([times(1.4), times(123.4), times(1 / 0), times(undefined)]).toEqual([
    "×1.40",
    "×123",
    "×∞",
    "-",
  ]);
});
