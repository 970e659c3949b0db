import { expect, it } from "vitest";
import { describeValue } from "./describe-value.ts";

it("names any value in a few words", () => {
  const circular: unknown[] = [];
  circular.push(circular);
  let deep: unknown = [];
  for (let level = 0; level < 1e5; level++) deep = [deep];
  const cases: readonly (readonly [unknown, string])[] = [
    ["x", '"x"'],
    ["\u001b[31m", '"\\u001b[31m"'],
    [1.5, "1.5"],
    [Number.NaN, "NaN"],
    [null, "null"],
    [undefined, "undefined"],
    [true, "true"],
    [7n, "7"],
    [10n ** 1000n, "a whole number of 1001 digits"],
    [Symbol("s"), "Symbol(s)"],
    [() => 1, "a function"],
    [{ a: 1 }, "an object"],
    [[224, "b"], '[224, "b"]'],
    [Array(12).fill(0), "[0, 0, 0, 0, 0, 0, 0, 0, and 4 more]"],
    [circular, "[a list]"],
    [deep, "[a list]"],
  ];
  for (const [value, text] of cases) expect(describeValue(value)).toBe(text);
  expect(describeValue("a".repeat(1e6)).length).toBeLessThan(100);
});
