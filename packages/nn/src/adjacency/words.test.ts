import { expect, it } from "vitest";
import { bagsOfWords } from "./words.ts";

it("the words of a node count the same, and add up to 1", () => {
  expect([...bagsOfWords([[0, 2], [], [1]], 4)]).toEqual([0.5, 0, 0.5, 0, 0, 0, 0, 0, 0, 1, 0, 0]);
});

it.each([4, -1, 0.5, Number.NaN])("refuses the word %d of four", (word) => {
  expect(() => bagsOfWords([[word]], 4)).toThrow(expect.objectContaining({ code: "INDEX_RANGE" }));
});

it("refuses more numbers than an array should have, before it is made", () => {
  expect(() => bagsOfWords([[], []], 2 ** 30)).toThrow(
    expect.objectContaining({ code: "OPTION_INVALID" }),
  );
});
