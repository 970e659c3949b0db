import { describe, expect, it } from "vitest";
import { didYouMean } from "./did-you-mean.ts";

describe("didYouMean", () => {
  const names = ["monarch", "dyadic", "auto", "f32", "f16", "batch-first", "batch-last"];

  it.each([
    ["monach", "monarch"],
    ["Monarch", "monarch"],
    ["dyaidc", "dyadic"],
    ["dyadics", "dyadic"],
    ["f23", "f32"],
    ["mon", "monarch"],
    ["batch-frist", "batch-first"],
    ["batchlast", "batch-last"],
  ])("%s is near to %s", (text, name) => {
    expect(didYouMean(text, names)).toBe(`Did you mean ${name}? `);
  });

  it.each(["", "x", "butterfly", "0", "a".repeat(1e6), "\u001b[2J"])(
    "nothing is near to others",
    (text) => {
      expect(didYouMean(text, names)).toBe("");
    },
  );
});
